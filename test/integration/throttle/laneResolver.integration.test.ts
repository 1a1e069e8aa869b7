import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ActionCall } from '../../../src/api/throttle/call.js';
import { createLaneResolver, type LaneResolver } from '../../../src/api/throttle/laneResolver.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { seedLane } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());

describe('the lane of a call', () => {
  const call = (
    over: Partial<ActionCall['lane']> = {},
    input: ActionCall['input'] = { rate: null, note: null },
  ): ActionCall => ({
    lane: {
      portalId: 77,
      key: 'queue:partners',
      workflowId: '1',
      step: '10',
      queue: 'partners',
      actionId: '10',
      ...over,
    },
    callbackId: 'x',
    source: 'WORKFLOWS',
    objectId: null,
    input,
  });
  const resolver = (changed: string[] = []) =>
    createLaneResolver({
      pool: db.pool,
      portals: createPortalResolver(db.pool),
      defaultRate: { limit: 100, intervalMs: 10_000 },
      logger,
      replan: (lane) => Promise.resolve(void changed.push(lane.laneId)),
    });
  const rateOf = async (laneId: string) => {
    const { rows } = await db.admin.query(
      'SELECT rate_limit, rate_interval_ms::int, rate_source, rate_note FROM lanes WHERE id = $1',
      [laneId],
    );
    return rows[0] as Record<string, unknown>;
  };
  const resolved = async (lanes: LaneResolver, one: ActionCall) => {
    const lane = await lanes.resolve(one);
    if (lane === undefined) throw new Error('no lane');
    return lane.laneId;
  };

  beforeAll(() => seedLane(db.admin, { portalId: 77, limit: 1, intervalMs: 1000 }));

  it('is not there for a portal that is not installed', async () => {
    expect(await resolver().resolve(call({ portalId: 404 }))).toBeUndefined();
  });

  it('takes the default rate, then the rate of its step, and follows that when it changes', async () => {
    const changed: string[] = [];
    const lanes = resolver(changed);
    const laneId = await resolved(lanes, call({ key: 'queue:a', queue: 'a' }));
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 100, rate_source: 'default' });
    const ask = (limit: number) =>
      resolved(
        lanes,
        call({ key: 'queue:a', queue: 'a' }, { rate: { limit, intervalMs: 5000 }, note: null }),
      );
    expect(await ask(50)).toBe(laneId);
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 50,
      rate_interval_ms: 5000,
      rate_source: 'input',
    });
    await ask(50);
    await ask(60);
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 60 });
    expect(changed).toEqual([laneId, laneId]);
  });

  it('is not flapped by two steps that share a queue with different inputs: the first one rules', async () => {
    const lanes = resolver();
    const ask = (step: string, limit: number) =>
      resolved(
        lanes,
        call({ key: 'queue:b', queue: 'b', step }, { rate: { limit, intervalMs: 1000 }, note: null }),
      );
    const laneId = await ask('1', 5);
    for (let i = 0; i < 3; i += 1) {
      await ask('2', 500);
      await ask('1', 5);
    }
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 5 });
  });

  it('says why it did not take a rate that cannot be understood', async () => {
    const laneId = await resolved(
      resolver(),
      call({ key: 'queue:c', queue: 'c' }, { rate: null, note: 'max_throughput "abc" is no number' }),
    );
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 100,
      rate_source: 'default',
      rate_note: 'max_throughput "abc" is no number',
    });
  });

  it('keeps the last rate of its step when that becomes unreadable: a typing error does not open the throttle', async () => {
    const lanes = resolver();
    const ask = (input: ActionCall['input']) => resolved(lanes, call({ key: 'queue:f', queue: 'f' }, input));
    const laneId = await ask({ rate: { limit: 5, intervalMs: 60_000 }, note: null });
    await ask({ rate: null, note: 'max_throughput "5O" is no number' });
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 5,
      rate_source: 'input',
      rate_note: 'max_throughput "5O" is no number',
    });
    await ask({ rate: { limit: 5, intervalMs: 60_000 }, note: null });
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 5, rate_note: null });
  });

  it('prefers the rate that was configured for the action', async () => {
    await db.admin.query(
      `INSERT INTO action_rates (workspace_id, portal_id, action_id, max_throughput, time, period, interval_ms)
       SELECT workspace_id, 77, '99', 7, 1, 'minutes', 60000 FROM portals WHERE portal_id = 77`,
    );
    const one = call(
      { key: 'queue:d', queue: 'd', actionId: '99' },
      { rate: { limit: 5, intervalMs: 1000 }, note: null },
    );
    expect(await rateOf(await resolved(resolver(), one))).toMatchObject({
      rate_limit: 7,
      rate_interval_ms: 60_000,
      rate_source: 'config',
    });
  });

  it('is made once when many calls ask for it at the same time, in several processes', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => resolved(resolver(), call({ key: 'queue:e', queue: 'e' }))),
    );
    expect(new Set(ids).size).toBe(1);
  });
});
