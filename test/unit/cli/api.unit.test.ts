import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

/** What `sluice` says of a server that gives this answer to whatever it is asked. */
async function sluice(args: string, answer: { status?: number; type?: string; body: string }) {
  const asked: { method: string; url: string; body: string; key: string }[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, body, key: headers.authorization ?? '' });
      response.writeHead(answer.status ?? 200, { 'Content-Type': answer.type ?? 'application/json' });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen = { out: '', err: '' };
  const code = await runCli(args.split(' '), {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: url, SLUICE_API_KEY: KEY },
    cwd: '/nowhere',
  });
  return { code, ...seen, asked, url };
}

const KEY = `slc_test_${'x'.repeat(43)}`;

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
