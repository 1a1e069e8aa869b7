import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSignedCalls } from '../../../src/api/http/signedCalls.js';
import type { SignedAnswer, SignedCall } from '../../../src/api/room.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { signV2, signV3 } from '../../../sandbox/throttle/signatures.js';
import { until } from '../../support/until.js';

const SECRET = 'a-secret-of-the-app';
const PATH = '/api/hubspot/action';
/** Forms of our address that may have been entered at HubSpot. */
const OTHER_FORMS = ['https://Hooks.Example.com', 'https://b\u00fccher.example'];
const OK: SignedAnswer = { result: 'taken', status: 200, body: { taken: true } };

let server: Server;
let url: string;
let skewMs: number;
let measured: number;
let logged: string[];
let taken: SignedCall[];
let results: string[];
let answer: () => Promise<SignedAnswer>;

beforeEach(async () => {
  [skewMs, measured, logged, taken, results] = [0, 0, [], [], []];
  answer = () => Promise.resolve(OK);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  logger.warn = logger.error = ((message: string) => void logged.push(message)) as never;
  const signed = createSignedCalls({
    config: {
      PUBLIC_URL_FORMS: [new URL(url).origin, ...OTHER_FORMS],
      HUBSPOT_CLIENT_SECRET: [new Secret(SECRET)],
      TRUSTED_PROXIES: 1,
    },
    clock: { nowMs: () => Date.now() + skewMs, measure: () => Promise.resolve(void (measured += 1)) },
    logger,
    routes: [
      {
        ...{ method: 'POST', path: PATH, maxBytes: 1024 * 1024, retryAfterUnit: 'milliseconds' },
        signatures: ['v2'],
        answer: (call) => {
          taken.push(call);
          return answer();
        },
        answered: (result) => void results.push(result),
      },
      {
        ...{ method: 'POST', path: '/api/hubspot/other', maxBytes: 1000, retryAfterUnit: 'seconds' },
        signatures: ['v2'],
        answer: () => answer(),
        answered: () => undefined,
      },
    ],
  });
  server.on('request', (request, response) => {
    if (!signed(request, response)) response.writeHead(404).end();
  });
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const v2 = (body: string, at = url) => ({
  'x-hubspot-signature': signV2(SECRET, 'POST', at, body),
  'x-hubspot-signature-version': 'v2',
});
const v3 = (body: string, timestamp: number, at = url) => ({
  'x-hubspot-signature-v3': signV3(SECRET, 'POST', at, body, String(timestamp)),
  'x-hubspot-request-timestamp': String(timestamp),
});

async function call(headers: Record<string, string>, body = '{}', at = url) {
  const response = await fetch(at, { method: 'POST', headers, body });
  const { status } = response;
  return { status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

/** Sends headers and what there is of the body, and keeps the connection open. */
function begin(headers: Record<string, string | number>, sent: string | Buffer = ''): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => undefined);
  socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\n${lines.join('')}\r\n`);
  if (sent.length > 0) socket.write(sent);
  return socket;
}
async function statusOf(socket: Socket): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString().split('\r\n', 1)[0]!;
}

describe('a call that HubSpot signed', () => {
  it('is handed on with its bytes, v2 and v3', async () => {
    expect((await call(v2('{"ü":1}'), '{"ü":1}')).status).toBe(200);
    expect((await call(v3('{}', Date.now()))).status).toBe(200);
    expect(taken.map(({ body, version }) => [body.toString(), version])).toEqual([
      ['{"ü":1}', 'v2'],
      ['{}', 'v3'],
    ]);
  });

  it('is right under each form in which HubSpot may have our address, and under no other', async () => {
    for (const origin of [...OTHER_FORMS, new URL(url).origin, ...OTHER_FORMS]) {
      expect((await call(v2('{}', origin + PATH))).status).toBe(200);
      expect((await call(v3('{}', Date.now(), origin + PATH))).status).toBe(200);
    }
    expect((await call(v2('{}', `https://elsewhere.example${PATH}`))).status).toBe(401);
  });

  it('is answered 503 when its time is wrong, never 401, with one line of alarm; the clock is read before', async () => {
    for (const ageMs of [-65_000, 310_000, -3_000_000, -86_400_000]) {
      const { status, retryAfter } = await call(v3('{}', Date.now() - ageMs));
      expect([status, retryAfter]).toEqual([503, '5000']);
    }
    expect(measured).toBe(3); // what is a day off is not read at all
    expect(results).toEqual(Array.from({ length: 4 }, () => 'signature_stale'));
    expect(logged).toEqual([expect.stringContaining('clocks')]);
    skewMs = 3_600_000; // the machine, not the database: what counts is the clock that is given
    expect((await call(v3('{}', Date.now() + 3_600_000))).status).toBe(200);
  });

  it('is answered so that it comes again when what became of it is not certain', async () => {
    answer = () => Promise.reject(new Error('canary of the database'));
    const { status, retryAfter, text } = await call(v2('{}'));
    expect([status, retryAfter]).toEqual([503, '5000']);
    expect(text).not.toContain('canary');
  });

  it('is told when to come again in the unit in which HubSpot reads it there', async () => {
    answer = () => Promise.resolve({ ...OK, status: 503, retryAfterMs: 2500 });
    const other = url.replace(PATH, '/api/hubspot/other');
    expect((await call(v2('{}'))).retryAfter).toBe('2500');
    expect((await call(v2('{}', other), '{}', other)).retryAfter).toBe('3');
  });
});

describe('a stranger', () => {
  it.each([
    ['no signature', {}],
    ['a v3 signature without a time', { 'x-hubspot-signature-v3': 'x' }],
    ['a time that is none', { 'x-hubspot-signature-v3': 'x', 'x-hubspot-request-timestamp': 'now' }],
    ['a v2 signature that is no hash', { 'x-hubspot-signature': 'x', 'x-hubspot-signature-version': 'v2' }],
    ['an old version', { 'x-hubspot-signature': 'a'.repeat(64), 'x-hubspot-signature-version': 'v1' }],
  ])('with %s is refused before any of the body is read', async (_, headers) => {
    const socket = begin({ ...headers, 'content-length': 900_000 });
    expect(await statusOf(socket)).toBe('HTTP/1.1 401 Unauthorized');
    await once(socket, 'close'); // and the rest is not waited for
  });

  it('who announces more than a call may be is refused before any of it is read', async () => {
    const socket = begin({ ...v2('{}'), 'content-length': 2_000_000 });
    expect(await statusOf(socket)).toBe('HTTP/1.1 413 Payload Too Large');
    const chunked = begin({ ...v2('{}'), 'transfer-encoding': 'chunked' }, `${(2_000_000).toString(16)}\r\n`);
    chunked.write(Buffer.alloc(1_200_000));
    expect(await statusOf(chunked)).toBe('HTTP/1.1 413 Payload Too Large');
  });

  it('who holds many connections with large bodies fills no memory, and holds up no call of HubSpot', async () => {
    const body = Buffer.alloc(1_000_000, 'x');
    const headers = { 'x-hubspot-signature': 'a'.repeat(64), 'x-hubspot-signature-version': 'v2' };
    const sockets = Array.from({ length: 120 }, () =>
      begin({ ...headers, 'content-length': 1_048_576 }, body),
    );
    let given = 0;
    for (const socket of sockets)
      socket.on('data', (data: Buffer) => (given += data.toString().startsWith('HTTP/1.1 503') ? 1 : 0));
    await until('of 120 MB no more than 64 are kept', () => given >= 50, 8000);
    for (let n = 0; n < 20; n += 1)
      expect((await call({ ...v2('{}'), 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  }, 30_000);

  it('who signs wrongly is held back by address, gets one line of the log a minute, and holds back nobody else', async () => {
    const wrong = { ...v2('{"other":1}') };
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const statuses = [];
    for (let n = 0; n < 150; n += 1) statuses.push(await call({ ...wrong, ...from('198.51.100.1') }));
    expect(statuses.slice(0, 120).every(({ status }) => status === 401)).toBe(true);
    const held = statuses.find(({ status }) => status === 429)!;
    expect(Number(held.retryAfter)).toBeGreaterThan(1000);
    expect(logged).toHaveLength(1);
    expect((await call({ ...v2('{}'), ...from('198.51.100.2') })).status).toBe(200);
    // HubSpot behind the same proxy: one call in ten is looked at, and after a right one all are.
    const right = [];
    for (let n = 0; n < 20; n += 1) right.push((await call({ ...v2('{}'), ...from('198.51.100.1') })).status);
    expect(right.slice(-10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(new Set(right)).toEqual(new Set([429, 200]));
  });
});
