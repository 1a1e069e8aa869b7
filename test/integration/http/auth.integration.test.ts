import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashApiKey, newApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { createApiClient } from '../../support/apiClient.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from './harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi({}, { API_REQUESTS_PER_MINUTE: '20' });
});
afterEach(() => harness.close());

const withKey = (key: string) => createApiClient(() => harness.url, key);

describe('an API key', () => {
  it('opens the API, and nothing but a valid one does', async () => {
    expect((await harness.api.get('/api/lanes')).status).toBe(200);

    const expired = await harness.key();
    const revoked = await harness.key();
    await harness.database.admin.query('UPDATE api_keys SET expires_at = now() WHERE key_hash = $1', [
      hashApiKey(expired),
    ]);
    await harness.database.admin.query('UPDATE api_keys SET revoked_at = now() WHERE key_hash = $1', [
      hashApiKey(revoked),
    ]);
    for (const key of ['', 'nonsense', newApiKey('test').reveal(), expired, revoked]) {
      const answer = await withKey(key).get<{ type: string }>('/api/lanes');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(answer.body.type).toBe('urn:sluice:unauthorized');
    }
  });

  it('is stored as a hash: no column holds it', async () => {
    const key = await harness.key();
    const { rows } = await harness.database.admin.query<{ row: string }>(
      'SELECT k::text AS row FROM api_keys k',
    );
    expect(rows.map(({ row }) => row).join()).not.toContain(key.slice(-39));
  });

  it('does what its scopes allow; admin allows all', async () => {
    const reader = await harness.client({ scopes: ['throttle:read'] });
    expect((await reader.get('/api/lanes')).status).toBe(200);
    const refused = await reader.post<{ detail: string }>('/api/config', {});
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain('throttle:write');

    const writer = await harness.client({ scopes: ['throttle:write'] });
    expect((await writer.get('/api/lanes')).status).toBe(403);
    expect((await writer.post('/api/portals', {})).status).toBe(403);

    const admin = await harness.client({ scopes: ['admin'] });
    expect((await admin.post('/api/config', {})).status).toBe(400);
  });

  it('shows when it was used last, to the minute', async () => {
    const { admin } = harness.database;
    const key = await harness.key();
    const lastUsed = async () =>
      (
        await admin.query<{ at: Date | null }>(
          'SELECT last_used_at AS at FROM api_keys WHERE key_hash = $1',
          [hashApiKey(key)],
        )
      ).rows[0]?.at;
    await withKey(key).get('/api/lanes');
    const first = await until('the use is noted', lastUsed, 5000);
    await withKey(key).get('/api/lanes');
    expect(await lastUsed()).toEqual(first);
  });

  it("may ask so often in a minute and is told how often, in the draft's headers", async () => {
    const client = await harness.client();
    const first = await client.get('/api/lanes');
    expect(first.headers.get('ratelimit-policy')).toContain('q=20');
    expect(first.headers.get('ratelimit')).toContain('r=19');
    for (let n = 0; n < 19; n += 1) await client.get('/api/lanes');
    const refused = await client.get<{ type: string }>('/api/lanes');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body.type).toBe('urn:sluice:too_many_requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await harness.api.get('/api/lanes')).status).toBe(200);
  });

  it('lets through a burst, and holds up nobody else while it goes on at the pace of its limit', async () => {
    await harness.close();
    harness = await startApi({}, { API_REQUESTS_PER_MINUTE: '60' }); // a burst of 20, then one a second
    const busy = await harness.client();
    let answered = 0;
    const from = performance.now();
    const all = Array.from({ length: 24 }, async () => {
      const { status } = await busy.get('/api/lanes');
      answered += 1;
      return status;
    });
    await until('the burst is answered', () => answered >= 20, 5000, 5);
    expect((await harness.api.get('/api/lanes')).status).toBe(200);
    expect(answered).toBeLessThan(24);
    expect(new Set(await Promise.all(all))).toEqual(new Set([200]));
    expect(performance.now() - from).toBeGreaterThan(3900);
  });

  it('cannot be guessed quickly, and who guesses does not shut out those who have one', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 62; n += 1)
      statuses.add((await withKey(newApiKey('test').reveal()).get('/api/lanes')).status);
    expect([...statuses].sort()).toEqual([401, 429]);
    expect((await harness.api.get('/api/lanes')).status).toBe(200);
  });
});

describe('what needs no key', () => {
  it("is HubSpot's endpoint and health, and nothing of them is on the hot path of the other", async () => {
    const action = await fetch(`${harness.url}/api/hubspot/action`, { method: 'POST', body: 'raw' });
    expect([action.status, await action.json()]).toEqual([
      401,
      { message: expect.stringContaining('missing') },
    ]);
    // Neither helmet nor the request id nor Express' own name: the handler is first.
    for (const name of ['x-request-id', 'content-security-policy', 'x-powered-by', 'etag'])
      expect(action.headers.get(name)).toBeNull();

    for (const path of ['/healthz', '/readyz']) expect((await fetch(harness.url + path)).status).toBe(200);
    for (const path of ['/api', '/api/lanes', '/api/nothing', '/api/hubspot/action'])
      expect((await fetch(harness.url + path)).status).toBe(401);
  });
});
