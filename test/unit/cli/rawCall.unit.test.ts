import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { sluice } from './exampleApi.js';

const KEY = `slc_test_${'x'.repeat(43)}`;

/** What becomes of a call of a server that gives this answer to all. */
async function answered(status: number, body: string, headers: Record<string, string> = {}) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seen = { out: '', err: '' };
  const code = await runCli(['api', 'GET', '/api/lanes'], {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: {
      SLUICE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      SLUICE_API_KEY: KEY,
    },
    cwd: '/nowhere',
  });
  await new Promise((resolve) => server.close(resolve));
  return { code, ...seen };
}

describe('sluice api', () => {
  it('sends any request with the key, and prints what is answered as it came', async () => {
    const { code, out, asked } = await sluice(['api', 'get', '/api/lanes?limit=1']);
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ items: expect.any(Array) })]);
    expect(asked).toMatchObject([
      { operation: 'listLanes', method: 'GET', body: '', headers: { authorization: `Bearer ${KEY}` } },
    ]);
    expect(await answered(200, '{"a":750727362669608961.10}\n')).toEqual({
      ...{ code: 0, out: '{"a":750727362669608961.10}\n', err: '' },
    });
  });

  it('sends a body as it was written, from the line or a file, with headers', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
    const file = path.join(directory, 'body.json');
    writeFileSync(file, '{"paused": true}');
    const args = ['api', 'PATCH', '/api/lanes/7'];
    const fromFile = await sluice([...args, '--data', `@${file}`, '--header', 'If-Match: "3"']);
    expect(fromFile.asked).toMatchObject([
      {
        ...{ operation: 'changeLane', body: '{"paused": true}' },
        headers: { 'if-match': '"3"', 'content-type': 'application/json' },
      },
    ]);
    const inLine = await sluice([...args, '--data', '{"n": 750727362669608961}', '--header', 'a: b']);
    expect(inLine.asked[0]?.body).toBe('{"n": 750727362669608961}');
    rmSync(directory, { recursive: true });
  });

  it('exits with 1 when the answer is an error, which it prints all the same', async () => {
    expect(await answered(404, '{"title":"x"}')).toEqual({
      ...{ code: 1, out: '{"title":"x"}\n', err: 'GET /api/lanes was answered 404\n' },
    });
    expect((await answered(503, '')).code).toBe(1);
  });

  it('follows no redirect: the key is for nobody else', async () => {
    const { code, out } = await answered(302, '', { Location: 'http://127.0.0.1:1/elsewhere' });
    expect([code, out]).toEqual([0, '']);
  });

  it.each([
    ['a method', ['FETCH', '/api/lanes']],
    ['a path', ['GET', 'https://elsewhere.example.com/']],
    ['a path of this host', ['GET', '//elsewhere.example.com/']],
    ['JSON', ['POST', '/api/events', '--data', '{"a":']],
    ['a file', ['POST', '/api/events', '--data', '@/no/such/file']],
    ['a header', ['GET', '/api/lanes', '--header', 'nothing']],
    ['a method with a body', ['GET', '/api/lanes', '--data', '{}']],
    ['a method with a body', ['head', '/api/lanes', '--data', '{}']],
  ])('exits with 2, before anything is sent, where %s is meant and is none', async (_, args) => {
    const { code, out, err, asked } = await sluice(['api', ...args]);
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).not.toContain('unexpectedly');
  });

  it.each([
    ['api', 'GET', '/api/lanes'],
    ['lanes', 'list'],
  ])('refuses an address with a password, and does not show it: sluice %s', async (...args) => {
    const env = { SLUICE_API_URL: 'http://ada:canary@127.0.0.1:1' };
    const { code, err } = await sluice(args, { env });
    expect([code, err]).toEqual([2, expect.stringMatching(/SLUICE_API_URL.* holds a name or a password/)]);
    expect(err).not.toContain('canary');
  });

  it('says the status and the headers with --include', async () => {
    const { err } = await sluice(['api', 'GET', '/api/lanes', '--include']);
    expect(err).toMatch(/^200\n[^]*content-type: application\/json/);
  });
});
