import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLaneResolver, type LaneResolver } from '../../../src/api/throttle/laneResolver.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import type { ActionCall } from '../../../src/api/throttle/call.js';
import { createReplanner } from '../../../src/services/throttle/replanner.js';
import { createPackStarter, type PackStarter } from '../../../src/api/throttle/packStarter.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { markPackStarted, setPackWake, takePack, type Pack } from '../../../src/db/throttle/packs.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createIntakeInstruments } from '../../../src/api/throttle/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import type { ThrottleStarter } from '../../../src/temporal/throttle/starter.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const metrics = createIntakeInstruments(createMetrics('test'));
const times = { THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000 };
const BIG = { limit: 100_000, intervalMs: 1000 };

/** Temporal as far as the starter can see it: starts are noted, and fail while it is away. */
class TemporalSeen implements ThrottleStarter {
  readonly started: Pack[] = [];
  readonly startedAt: number[] = [];
  readonly nudged: string[] = [];
  away = false;

  startPack(pack: Pack): Promise<void> {
    if (this.away) return Promise.reject(new Error('14 UNAVAILABLE'));
    this.started.push(pack);
    this.startedAt.push(performance.now());
    return Promise.resolve();
  }
  nudgePack(workflowId: string): Promise<boolean> {
    this.nudged.push(workflowId);
    return Promise.resolve(true);
  }
}

let db: TestDatabase;
let temporal: TemporalSeen;
let starter: PackStarter;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());
beforeEach(() => {
  temporal = new TemporalSeen();
  const config = { THROTTLE_STARTER_WIDTH: 3, THROTTLE_MAX_PER_WORKFLOW: 100, THROTTLE_HORIZON_MS: 2000 };
  starter = createPackStarter({ pool: db.pool, temporal, config, logger, metrics });
});
afterEach(() => starter.stop());

describe('the starter', () => {
  const commit = async (laneId: string, count: number, dueInMs = 0) => {
    await intakeExecutions(db.pool, callsFor(laneId, count), LIMITS);
    starter.add(ours(laneId), dueInMs);
  };

  it('gives each execution a workflow of its own while they come one by one', async () => {
    const laneId = await seedLane(db.admin, BIG);
    for (let n = 1; n <= 5; n += 1) {
      await commit(laneId, 1);
      await until('it is started', () => temporal.started.length === n, 3000);
      starter.claimed(temporal.started[n - 1]!.packId);
    }
    expect(temporal.started.map((pack) => pack.size)).toEqual([1, 1, 1, 1, 1]);
  });

  it('keeps at most W workflows unclaimed, and what has piled up when a place comes free is the next pack', async () => {
    const lanes = await Promise.all(Array.from({ length: 4 }, () => seedLane(db.admin, BIG)));
    for (const laneId of lanes) await commit(laneId, 1);
    await until('three are started', () => temporal.started.length === 3, 3000);
    const last = lanes.find((laneId) => !temporal.started.some((pack) => pack.laneId === laneId))!;
    for (let i = 0; i < 7; i += 1) await commit(last, 20);
    expect(temporal.started).toHaveLength(3);
    starter.claimed(temporal.started[0]!.packId);
    await until('the pile goes', () => temporal.started.length === 4, 3000);
    expect(temporal.started[3]).toMatchObject({ laneId: last, size: 100 });
    starter.claimed(temporal.started[3]!.packId);
    await until('and the rest of it', () => temporal.started.length === 5, 3000);
    expect(temporal.started[4]).toMatchObject({ laneId: last, size: 41 });
  });

  it('starts large packs one after the other, and waits a second at most for one that nobody takes up', async () => {
    const laneId = await seedLane(db.admin, BIG);
    await commit(laneId, 250);
    await until('three are started', () => temporal.started.length === 3, 15_000);
    expect(temporal.started.map((pack) => pack.size)).toEqual([100, 100, 50]);
    const [first = 0, second = 0, third = 0] = temporal.startedAt;
    expect(second - first).toBeGreaterThan(900);
    expect(third - second).toBeGreaterThan(900);
  });

  it('gives a place back whose pack is not there any more', async () => {
    const lanes = await Promise.all(Array.from({ length: 4 }, () => seedLane(db.admin, BIG)));
    for (const laneId of lanes) await commit(laneId, 1);
    await until('three are started', () => temporal.started.length === 3, 3000);
    const packId = temporal.started[1]!.packId;
    await db.admin.query('UPDATE executions SET pack_id = NULL WHERE pack_id = $1', [packId]);
    await db.admin.query('DELETE FROM packs WHERE id = $1', [packId]);
    await until('the fourth goes', () => temporal.started.length === 4, 3000);
  });

  it('reads claims from the table when it missed the hint', async () => {
    const lanes = await Promise.all(Array.from({ length: 4 }, () => seedLane(db.admin, BIG)));
    for (const laneId of lanes) await commit(laneId, 1);
    await until('three are started', () => temporal.started.length === 3, 3000);
    await db.admin.query('UPDATE packs SET claimed_at = now() WHERE id = $1', [temporal.started[1]!.packId]);
    await until('the fourth goes', () => temporal.started.length === 4, 3000);
  });

  it('does not count workflows that are to wait longer', async () => {
    const lanes = await Promise.all(
      Array.from({ length: 8 }, () => seedLane(db.admin, { limit: 1, intervalMs: 3_600_000 })),
    );
    for (const laneId of lanes) {
      await intakeExecutions(db.pool, callsFor(laneId, 1), LIMITS);
      await takePack(db.pool, ours(laneId), 1);
      await commit(laneId, 1, 3_600_000);
    }
    await until('all are started', () => temporal.started.length === 8, 5000);
  });

  it('leaves what cannot be started while Temporal is away to be found, and goes on afterwards', async () => {
    const laneId = await seedLane(db.admin, BIG);
    temporal.away = true;
    await commit(laneId, 3);
    await until(
      'a pack is made',
      async () =>
        (await db.admin.query('SELECT 1 FROM packs WHERE lane_id = $1 AND started_at IS NULL', [laneId]))
          .rowCount === 1,
      3000,
    );
    temporal.away = false;
    await commit(laneId, 2);
    await until('the next are started', () => temporal.started.length === 1, 5000);
  });
});

describe('a new plan', () => {
  it('wakes the workflows whose time came nearer, head first, and no other', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 40), LIMITS);
    const ids: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      const pack = (await takePack(db.pool, ours(laneId), 1))!;
      await markPackStarted(db.pool, pack);
      await setPackWake(db.pool, pack, pack.dueInMs);
      ids.push(pack.workflowId);
    }
    const replanner = createReplanner({ pool: db.pool, temporal, config: times, logger });
    await replanner.replan(ours(laneId));
    expect(temporal.nudged).toEqual([]);
    await db.admin.query('UPDATE lanes SET rate_limit = 1, rate_interval_ms = 1000 WHERE id = $1', [laneId]);
    await replanner.replan(ours(laneId));
    expect(temporal.nudged.length).toBeGreaterThanOrEqual(18);
    expect(temporal.nudged.length).toBeLessThanOrEqual(22);
    expect([...temporal.nudged].sort()).toEqual(ids.slice(1, temporal.nudged.length + 1).sort());
  });
});

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
