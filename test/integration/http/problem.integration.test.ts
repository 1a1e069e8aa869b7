import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
let authorization: string;
beforeEach(async () => {
  harness = await startApi();
  authorization = harness.authorization;
});
afterEach(() => harness.close());

async function send(body: string, headers: Record<string, string> = {}, path = '/api/config') {
  const response = await fetch(harness.url + path, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('a request that cannot be served', () => {
  it.each([
    ['no JSON', '{"portal_id":', {}, 400, 'invalid_input'],
    [
      'another type',
      'portal_id=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['another encoding', '{}', { 'content-encoding': 'snappy' }, 415, 'unsupported_media_type'],
    ['300 KB', JSON.stringify({ a: 'x'.repeat(300_000) }), {}, 413, 'body_too_large'],
    ['a list', '[]', {}, 400, 'invalid_input'],
    ['nothing', '', {}, 400, 'invalid_input'],
  ])('of %s is answered with problem+json', async (_name, body, headers, status, code) => {
    const answer = await send(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ type: `urn:sluice:${code}`, status });
  });

  it('lists every wrong field with its path, those that do not exist too', async () => {
    const answer = await send(
      JSON.stringify({ portal_id: 'x', action_id: '5', max_throughput: 1, period: 'fortnights', extra: 1 }),
    );
    const paths = (answer.body.errors as { path: string }[]).map(({ path }) => path);
    expect(paths.sort()).toEqual(['extra', 'period', 'portal_id', 'time']);
  });

  it('takes no prototype and no NUL for data', async () => {
    const base = { portal_id: 1, action_id: '5', max_throughput: 1, time: 1, period: 'seconds' };
    const polluted = await send(JSON.stringify(base).replace('{', '{"__proto__":{"polluted":true},'));
    expect(polluted.status).not.toBe(500);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((await send(JSON.stringify({ ...base, action_id: 'a\0b' }))).status).toBe(400);
    expect(
      (
        await send(
          JSON.stringify({ portalId: 1, accessToken: 'token-token-1', name: 'a\0b' }),
          {},
          '/api/portals',
        )
      ).status,
    ).toBe(400);
  });

  it('is a 404 when the route, or the path, makes no sense', async () => {
    expect((await harness.api.get('/api/nothing')).status).toBe(404);
    expect((await fetch(`${harness.url}/nothing`)).status).toBe(404);
    expect((await harness.api.get('/api/lanes/%ff')).status).toBe(400);
    for (const id of ['abc', '0', '-1', '1e3', '9223372036854775808'])
      expect((await harness.api.get(`/api/lanes/${id}`)).status).toBe(404);
  });

  it('is a 503 with Retry-After when the database is away, never a 401, and names the request for the log', async () => {
    const { admin, name } = harness.database;
    await admin.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = $2',
      [name, 'sluice_test'],
    );
    const answer = await send('{}', { 'x-request-id': 'mine' });
    expect([answer.status, answer.body.type, answer.body.requestId]).toEqual([
      503,
      'urn:sluice:unavailable',
      'mine',
    ]);
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

describe('the request id', () => {
  it("is the caller's where it can be used, else a new one", async () => {
    const given = await fetch(`${harness.url}/healthz`, { headers: { 'x-request-id': 'trace-1:a' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1:a');
    const bad = await fetch(`${harness.url}/healthz`, { headers: { 'x-request-id': 'a b"<script>' } });
    expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
