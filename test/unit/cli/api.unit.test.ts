import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { read } from '../docs/documents.js';
import { runCli } from '../../../src/cli/program.js';

/** What `sluice` says of a server that gives this answer to whatever it is asked. */
async function sluice(args: string, answer: { status?: number; type?: string; body: string }) {
  const asked: { method: string; url: string; body: string; key: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, body, key: headers.authorization ?? '' });
      response.writeHead(answer.status ?? 200, { 'Content-Type': answer.type ?? 'application/json' });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: url, SLUICE_API_KEY: KEY },
    cwd: '/nowhere',
  });
  await new Promise((resolve) => server.close(resolve));
  return { code, ...seen, asked, url };
}

const KEY = `slc_test_${'x'.repeat(43)}`;

describe('the exit code', () => {
  it('is 0 when it is done, 1 when it was refused or failed, 2 when it was not understood, as the help and the documents say', async () => {
    const refused = { type: 'urn:sluice:forbidden', title: 'No', status: 403, detail: 'Not with this key' };
    const type = 'application/problem+json';
    const codes = [
      await sluice('lanes list', { body: '{"items":[],"next":null}' }),
      await sluice('lanes list', { status: 403, type, body: JSON.stringify(refused) }),
      await sluice('lanes list', { status: 500, body: 'broken' }),
      await sluice('lanes fly', { body: '' }),
      await sluice('lanes drain 7 --as cancelled', { body: '' }),
    ].map(({ code }) => code);
    expect(codes).toEqual([0, 1, 1, 2, 2]);
    const said = /Exit codes: 0 done, 1 refused or failed[^,]*, 2 not understood/;
    expect((await sluice('--help', { body: '' })).out).toMatch(said);
    expect(read('docs/operations.md')).toMatch(said);
  });
});

describe('what the API answers', () => {
  it('keeps the digits of its numbers on the way to a program', async () => {
    const body = '{"name":"deal","version":1,"mapping":{"to":750727362669608961,"share":0.10},"mode":"live"}';
    const { code, out, asked } = await sluice('outbox mappings deal --json', { body });
    expect([code, out]).toEqual([0, expect.stringContaining('"to": 750727362669608961')]);
    expect(asked).toEqual([
      { method: 'GET', url: '/api/outbox/mappings/deal', body: '', key: `Bearer ${KEY}` },
    ]);
  });

  it.each([
    ['502', { status: 502, type: 'text/html', body: '<html>' }],
    ['404', { status: 404, type: 'application/json', body: '{"error":"not found"}' }],
    ['what is no JSON', { type: 'text/html', body: '<html>' }],
    ['what is no JSON', { status: 500, type: 'application/problem+json', body: '' }],
  ])('is said to be no answer of Sluice, where it is %s of something else', async (what, answer) => {
    const { code, out, err, url } = await sluice('lanes list', answer);
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(`${url} answered ${what} and does not look like Sluice: check SLUICE_API_URL\n`);
  });

  it('is told once, at once, when the service asks to come back', async () => {
    const body = JSON.stringify({
      ...{ type: 'urn:sluice:unavailable', title: 'Away', status: 503, detail: 'The database is away' },
      requestId: 'r-17',
    });
    const answer = { status: 503, type: 'application/problem+json', body };
    const { code, err, asked } = await sluice('lanes list', answer);
    expect([code, err]).toEqual([1, "The database is away (request r-17): see the API's /readyz\n"]);
    expect(asked).toHaveLength(1);
  });
});
