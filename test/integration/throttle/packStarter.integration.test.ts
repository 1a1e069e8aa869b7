import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createPackStarter, type PackStarter } from '../../../src/api/throttle/packStarter.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { takePack, type Pack } from '../../../src/db/throttle/packs.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createIntakeInstruments } from '../../../src/api/throttle/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import type { ThrottleStarter } from '../../../src/temporal/throttle/starter.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const metrics = createIntakeInstruments(createMetrics('test'));
const BIG = { limit: 100_000, intervalMs: 1000 };

/** Temporal as far as the starter can see it: starts are noted, and fail while it is away. */
class TemporalSeen implements ThrottleStarter {
  readonly started: Pack[] = [];
  readonly startedAt: number[] = [];
  away = false;
  badLane: string | undefined;

  startPack(pack: Pack): Promise<void> {
    if (this.away || pack.laneId === this.badLane) return Promise.reject(new Error('14 UNAVAILABLE'));
    this.started.push(pack);
    this.startedAt.push(performance.now());
    return Promise.resolve();
  }
  nudgePack(): Promise<boolean> {
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

  it('leaves a lane alone whose workflows cannot be started, and starts those of others meanwhile', async () => {
    const [bad, good] = [await seedLane(db.admin, BIG), await seedLane(db.admin, BIG)];
    temporal.badLane = bad;
    for (let n = 1; n <= 5; n += 1) {
      const from = performance.now();
      await commit(bad, 1);
      await commit(good, 1);
      await until('the other lane is started', () => temporal.started.length === n, 3000);
      expect(performance.now() - from).toBeLessThan(500);
      starter.claimed(temporal.started[n - 1]!.packId);
    }
    const { rows } = await db.admin.query('SELECT 1 FROM packs WHERE lane_id = $1', [bad]);
    expect(rows.length).toBeLessThanOrEqual(3);
    temporal.badLane = undefined;
    await until('it has its turn again', () => temporal.started.some(({ laneId }) => laneId === bad), 15_000);
  }, 20_000);

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
