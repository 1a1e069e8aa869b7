import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seedLane } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { end, take } from '../http/seed.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
});
afterEach(() => harness.close());

describe("another workspace's key", () => {
  it('cannot tell what exists here from what does not, byte for byte, and changes nothing', async () => {
    const { pool, admin } = harness.database;
    const laneId = await seedLane(admin, { portalId: 7, limit: 5, intervalMs: 60_000 });
    const ids = await take(pool, laneId, 4, 7);
    const ended = await end(pool, laneId, 'failed', 1);
    await harness.api.post('/api/config', {
      portal_id: 7,
      action_id: '5',
      max_throughput: 1,
      time: 1,
      period: 'days',
    });
    harness.controlCalls.length = 0;
    const before = await snapshot();

    const key = await harness.key({ workspaceId: OTHER_WORKSPACE });
    const requests: [string, string, string, unknown?][] = [
      ['GET', `/api/lanes/${laneId}`, '/api/lanes/999999'],
      ['PATCH', `/api/lanes/${laneId}`, '/api/lanes/999999', { paused: true }],
      ['POST', `/api/lanes/${laneId}/drain`, '/api/lanes/999999/drain', { as: 'cancelled' }],
      ['GET', `/api/executions/${ids[3]}`, '/api/executions/999999'],
      ['GET', `/api/executions/${ended[0]}?payload=true`, '/api/executions/999999?payload=true'],
      ['POST', `/api/executions/${ids[3]}/cancel`, '/api/executions/999999/cancel'],
      ['POST', `/api/executions/${ids[3]}/release`, '/api/executions/999999/release'],
      ['POST', `/api/executions/${ended[0]}/retry`, '/api/executions/999999/retry'],
      ['GET', '/api/portals/7', '/api/portals/999999'],
      ['GET', '/api/portals/7/budget', '/api/portals/999999/budget'],
      ['GET', '/api/portals/7/requests', '/api/portals/999999/requests'],
      ['GET', '/api/config/7/5', '/api/config/999999/5'],
      ['DELETE', '/api/config/7/5', '/api/config/999999/5'],
    ];
    for (const [method, theirs, nobodys, body] of requests) {
      const [masked, missing] = [
        await send(key, method, theirs, body),
        await send(key, method, nobodys, body),
      ];
      expect(masked.status).toBe(404);
      expect(masked).toEqual(missing);
    }

    for (const [list, theirs] of [
      ['/api/lanes?portalId=', '7'],
      ['/api/executions?laneId=', laneId],
      ['/api/config?portal_id=', '7'],
    ] as const) {
      const [masked, missing] = [
        await send(key, 'GET', `${list}${theirs}`),
        await send(key, 'GET', `${list}999999`),
      ];
      expect(masked).toEqual({ ...missing, status: 404, text: missing.text.replace('999999', theirs) });
    }
    for (const path of ['/api/lanes', '/api/executions', '/api/portals', '/api/config']) {
      expect(await send(key, 'GET', path)).toMatchObject({ status: 200, text: '{"items":[],"next":null}' });
    }
    const taken = await send(key, 'POST', '/api/portals', { portalId: 7, accessToken: 'mine-mine-mine-7' });
    expect(taken.status).toBe(409);
    expect(harness.controlCalls).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });
});

async function send(
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(harness.url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** All that a request could change. */
async function snapshot(): Promise<unknown[]> {
  const tables = ['lanes', 'executions', 'execution_history', 'portals', 'action_rates'];
  return Promise.all(
    tables.map(
      async (table) => (await harness.database.admin.query(`SELECT t::text FROM ${table} t ORDER BY 1`)).rows,
    ),
  );
}
