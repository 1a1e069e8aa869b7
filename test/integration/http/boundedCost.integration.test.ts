import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashApiKey, newApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { startApi, type ApiHarness } from './harness.js';

/** What HubSpot signs is judged by its headers and by its body. */
const SIGNED = [
  '/api/hubspot/action',
  '/api/hubspot/action/options/:field',
  '/api/hubspot/actions/:name',
  '/api/hubspot/actions/:name/options/:field',
  '/api/integrations/hubspot/webhooks',
];

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi({}, { TRUSTED_PROXIES: '1', API_REQUESTS_PER_MINUTE: '100000' });
});
afterAll(() => harness.close());

interface Sent {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client, as the proxy in front tells of it. */
  readonly from?: string;
}

async function send(method: string, path: string, body: string | Buffer | undefined, sent: Sent = {}) {
  const response = await fetch(harness.url + path, {
    method,
    headers: {
      ...(sent.key !== undefined && { authorization: `Bearer ${sent.key}` }),
      ...(sent.from !== undefined && { 'x-forwarded-for': sent.from }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...sent.headers,
    },
    ...(body !== undefined && { body: body as string }), // bytes, too; their types differ
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** Answers to a request whose body is announced, and never sent. */
async function announce(path: string, key: string, bytes: number): Promise<string> {
  const { hostname, port } = new URL(harness.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`,
  );
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString().split('\r\n', 1)[0]!;
}

describe('what a request costs', () => {
  it.each(['/', '/healthz', '/readyz', '/api/openapi.json', '/docs/openapi.yaml'])(
    'is not what it asks for, many times over: a stranger who sends requests at once and reads no answer of %s',
    async (path) => {
      const { hostname, port } = new URL(harness.url);
      const socket = connect(Number(port), hostname);
      socket.pause();
      await once(socket, 'connect');
      const before = process.memoryUsage().arrayBuffers;
      socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(1500));
      // The server answers in order, so it has seen them all when it answers another connection a few times.
      for (let n = 0; n < 20; n += 1) await send('GET', '/healthz', undefined);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024);
      socket.destroy();
    },
  );

  it('is not known by its body: a key without the scope is answered before any of it is read, on every route', async () => {
    const reader = await harness.key({ scopes: ['audit:read'] });
    const changing = harness.routes.filter(
      ({ method, path }) => ['POST', 'PUT', 'PATCH'].includes(method) && !SIGNED.includes(path),
    );
    expect(changing.length).toBeGreaterThan(15);
    for (const { path } of changing.filter(({ method }) => method === 'POST'))
      expect(`${path} ${await announce(path.replace(/:\w+/g, '1'), reader, 34_000_000)}`).toMatch(
        / HTTP\/1\.1 40[34] /,
      );
  });

  it('is at most 2 MB of body for events, 256 KB elsewhere', async () => {
    const key = await harness.key();
    const events = JSON.stringify({ events: [{ type: 'x', payload: 'x'.repeat(2_100_000) }] });
    const refused = await send('POST', '/api/events', events, { key });
    expect(refused.status).toBe(413);
    expect(refused.text).toContain('application/x-ndjson');
    expect(
      (await send('POST', '/api/config', JSON.stringify({ a: 'x'.repeat(300_000) }), { key })).status,
    ).toBe(413);
  });

  it('is what was sent: nothing is inflated, and the answer says what to do instead', async () => {
    const key = await harness.key();
    const headers = { 'content-encoding': 'gzip' };
    for (const [path, type] of [
      ['/api/config', 'application/json'],
      ['/api/events', 'application/json'],
      ['/api/events', 'application/x-ndjson'],
    ] as const) {
      const body = gzipSync(JSON.stringify({ type: 'x' }));
      const answer = await send('POST', path, body, { key, headers: { ...headers, 'content-type': type } });
      expect([answer.status, answer.text]).toEqual([
        415,
        expect.stringContaining('without Content-Encoding'),
      ]);
    }
  });

  it.each([
    ['200,000 unknown fields', `{${Array.from({ length: 150_000 }, (_, n) => `"f${n}":1`).join()}}`],
    ['a million items that are no events', `{"events":[${'0,'.repeat(999_000)}0]}`],
    ['a field with a name of a megabyte', JSON.stringify({ ['x'.repeat(1_000_000)]: 1 })],
    [
      '500 events of which none is one',
      JSON.stringify({ events: Array.from({ length: 500 }, () => ({ a: 1 })) }),
    ],
  ])('does not grow with what is wrong: %s', async (_name, body) => {
    const key = await harness.key();
    const from = performance.now();
    const { status, text } = await send('POST', '/api/events', body, { key });
    expect(status).toBe(400);
    expect(text.length).toBeLessThan(20_000);
    expect((JSON.parse(text) as { errors: unknown[] }).errors.length).toBeLessThanOrEqual(20);
    expect(performance.now() - from).toBeLessThan(3000);
  });

  it('counts the problems that it does not name', async () => {
    const key = await harness.key();
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field${n}`, 1])));
    const { text } = await send('POST', '/api/portals', body, { key });
    const { errors, omittedErrors, detail } = JSON.parse(text) as {
      errors: unknown[];
      omittedErrors: number;
      detail: string;
    };
    expect(errors).toHaveLength(20);
    expect(errors.length + omittedErrors).toBeGreaterThanOrEqual(100);
    expect(detail).toContain(`and ${omittedErrors} problems more`);
  });
});

describe('a key that is not known', () => {
  const lookUps = async () => {
    const { rows } = await harness.database.admin.query<{ calls: number }>(
      `SELECT coalesce(sum(xact_commit), 0)::int AS calls FROM pg_stat_database WHERE datname = $1`,
      [harness.database.name],
    );
    return rows[0]!.calls;
  };

  it('does not reach the database without a bound, and shuts out nobody who has one', async () => {
    const mine = await harness.key();
    expect((await send('GET', '/api/lanes', undefined, { key: mine, from: '203.0.113.7' })).status).toBe(200);
    await harness.database.admin.query('SELECT pg_stat_clear_snapshot(), pg_stat_force_next_flush()');
    const before = await lookUps();
    const answers = await Promise.all(
      Array.from({ length: 600 }, () =>
        send('GET', '/api/lanes', undefined, { key: newApiKey('test').reveal(), from: '203.0.113.7' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    const refused = answers.find(({ status }) => status === 429)!;
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await lookUps()) - before).toBeLessThan(250);
    expect((await send('GET', '/api/lanes', undefined, { key: mine, from: '203.0.113.7' })).status).toBe(200);
  });

  it('is counted by who sent it: another address, as a trusted proxy tells it, is another caller', async () => {
    const guess = (from: string) =>
      send('GET', '/api/lanes', undefined, { key: newApiKey('test').reveal(), from });
    for (let n = 0; n < 61; n += 1) await guess('198.51.100.1');
    expect((await guess('198.51.100.1')).status).toBe(429);
    expect((await guess('198.51.100.2')).status).toBe(401);
    // Only what the trusted proxy added counts; what the client wrote before it does not.
    expect((await guess('192.0.2.55, 198.51.100.1')).status).toBe(429);
  });

  it('is counted by the network where the address is one of IPv6', async () => {
    const guess = (from: string) =>
      send('GET', '/api/lanes', undefined, { key: newApiKey('test').reveal(), from });
    for (let n = 0; n < 61; n += 1) await guess(`2001:db8:1:2::${n.toString(16)}`);
    expect((await guess('2001:db8:1:2:ffff::1')).status).toBe(429);
    expect((await guess('2001:db8:1:3::1')).status).toBe(401);
  });
});

describe('an install link', () => {
  it('is limited by its token, wherever it is opened, and a stranger who tries links shuts out nobody else', async () => {
    const open = (token: string, from: string) =>
      send('GET', `/api/integrations/hubspot/start/${token}`, undefined, { from });
    for (let n = 0; n < 30; n += 1) await open('one-token', `198.18.0.${n}`);
    expect((await open('one-token', '198.18.1.1')).status).toBe(429);
    expect((await open('another-token', '198.18.1.1')).status).toBe(410);
    for (let n = 0; n < 301; n += 1) await open(`random-${n}`, '198.19.0.1');
    expect((await open('another-token', '198.19.0.1')).status).toBe(429);
    expect((await open('another-token', '198.19.0.2')).status).toBe(410);
  });
});

describe('a refusal', () => {
  it('is audited once for a route, however it is spelled, and the metrics have one series for it', async () => {
    const key = await harness.key({ scopes: ['audit:read'] });
    const dead = await harness.key();
    await harness.database.admin.query('UPDATE api_keys SET revoked_at = now() WHERE key_hash = $1', [
      hashApiKey(dead),
    ]);
    for (const path of ['/api/keys', '/api/kEYS', '/api/KEYS/', '/api/Keys?x=1', '/API/keys']) {
      expect((await send('GET', path, undefined, { key })).status).toBe(403);
      expect((await send('GET', path, undefined, { key: dead, from: '198.51.100.77' })).status).toBe(401);
    }
    for (let n = 0; n < 10; n += 1)
      await send('GET', `/api/word${n}`, undefined, { key: dead, from: '198.51.100.77' });
    const { rows } = await harness.database.admin.query<{ route: string; n: number }>(
      `SELECT result || ' ' || (subject->>'route') AS route, count(*)::int AS n
         FROM audit_entries WHERE operation = 'access.refused' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows.filter(({ route }) => /GET .*(keys|\/api)$/.test(route))).toEqual([
      { route: 'forbidden GET /api/keys', n: 1 },
      { route: 'unauthorized GET /api', n: 1 },
      { route: 'unauthorized GET /api/keys', n: 1 },
    ]);
  });
});
