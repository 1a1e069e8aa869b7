import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createThrottleSweeps } from '../../../src/activities/throttle/throttleSweeps.js';
import { cancelExecution, moveToHead } from '../../../src/db/throttle/executionChanges.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { changeLane, drainLane, type LaneChange } from '../../../src/db/throttle/laneChanges.js';
import { markPackStarted, setPackWake, takePack, type Pack } from '../../../src/db/throttle/packs.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createReplanner } from '../../../src/services/throttle/replanner.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const HOUR_MS = 3_600_000;
const FALLBACK = { limit: 100, intervalMs: 10_000 };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());

/** A lane that lets one go in an hour, and three that wait in it, each in a workflow that sleeps until its time. */
async function sleepingLane(): Promise<{ laneId: string; packs: Pack[] }> {
  const laneId = await seedLane(db.admin, { limit: 1, intervalMs: HOUR_MS });
  await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
  const packs: Pack[] = [];
  for (let n = 0; n < 4; n += 1) {
    const pack = (await takePack(db.pool, ours(laneId), 1))!;
    await markPackStarted(db.pool, pack);
    await setPackWake(db.pool, pack, pack.dueInMs);
    packs.push(pack);
  }
  return { laneId, packs: packs.slice(1) };
}

/** What a round of the reconciler wakes, `afterMs` after the change. */
async function woken(afterMs: number): Promise<string[]> {
  await db.admin.query(
    `UPDATE lanes SET replan_since = replan_since - $1 * interval '1 millisecond' WHERE replan_since IS NOT NULL`,
    [afterMs],
  );
  const nudged: string[] = [];
  const temporal = {
    startPack: () => Promise.resolve(),
    nudgePack: (id: string) => Promise.resolve(nudged.push(id) > 0),
  };
  const config = {
    ...{ THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000 },
    ...{ THROTTLE_MAX_PER_WORKFLOW: 1, THROTTLE_RETENTION_DAYS: 90 },
  };
  const replanner = createReplanner({ pool: db.pool, temporal, config, logger });
  const releaser = { probe: () => undefined };
  const sweeps = createThrottleSweeps({ pool: db.pool, temporal, releaser, replanner, config, logger });
  await sweeps.find(({ name }) => name === 'lanesReplanned')!.run(new AbortController().signal);
  return [...new Set(nudged)].sort();
}

const change = (laneId: string, wanted: LaneChange) =>
  inWorkspace(db.pool, WORKSPACE, (client) => changeLane(client, WORKSPACE, laneId, wanted, FALLBACK));

async function executionOf({ packId }: Pack): Promise<string> {
  const { rows } = await db.admin.query<{ id: string }>('SELECT id FROM executions WHERE pack_id = $1', [
    packId,
  ]);
  return rows[0]!.id;
}

describe('a change of a lane whose process dies before it has planned anew', () => {
  it('is made up for within seconds: those whose time came nearer are woken, once', async () => {
    const { laneId, packs } = await sleepingLane();
    await change(laneId, { rate: { limit: 100, intervalMs: 1000 } });
    expect(await woken(0)).toEqual([]); // its own process is at it
    expect(await woken(6000)).toEqual(expect.arrayContaining(packs.map(({ workflowId }) => workflowId)));
    expect(await woken(6000)).toEqual([]);
  });

  it.each<[string, (laneId: string, pack: Pack) => Promise<unknown>]>([
    [
      'a cancelled execution',
      async (_, pack) => {
        const id = await executionOf(pack);
        await inWorkspace(db.pool, WORKSPACE, (client) => cancelExecution(client, WORKSPACE, id));
      },
    ],
    ['a drained lane', (laneId) => drainLane(db.pool, ours(laneId), { as: 'released' })],
  ])('is made up for: %s wakes who is to end', async (_, act) => {
    const { laneId, packs } = await sleepingLane();
    await act(laneId, packs[2]!);
    expect(await woken(6000)).toContain(packs[2]!.workflowId);
  });

  it.each<[string, (laneId: string, pack: Pack) => Promise<unknown>]>([
    ['a lane goes on', (laneId) => change(laneId, { paused: false })],
    ['a lane is spread', (laneId) => change(laneId, { spread: true })],
    [
      'an execution is moved to the head',
      async (_, pack) => {
        const id = await executionOf(pack);
        await inWorkspace(db.pool, WORKSPACE, (client) => moveToHead(client, WORKSPACE, id));
      },
    ],
  ])('is noted when %s', async (_, act) => {
    const { laneId, packs } = await sleepingLane();
    await act(laneId, packs[2]!);
    const { rows } = await db.admin.query<{ replan_since: Date | null }>(
      'SELECT replan_since FROM lanes WHERE id = $1',
      [laneId],
    );
    expect(rows[0]?.replan_since).toBeInstanceOf(Date);
  });

  it('stays noted when it is changed again while it is planned', async () => {
    const { laneId } = await sleepingLane();
    await change(laneId, { rate: { limit: 50, intervalMs: 1000 } });
    const temporal = {
      startPack: () => Promise.resolve(),
      async nudgePack() {
        await change(laneId, { rate: { limit: 60, intervalMs: 1000 } });
        return true;
      },
    };
    const config = { THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000 };
    await createReplanner({ pool: db.pool, temporal, config, logger }).replan(ours(laneId));
    const { rows } = await db.admin.query<{ replan_since: Date | null }>(
      'SELECT replan_since FROM lanes WHERE id = $1',
      [laneId],
    );
    expect(rows[0]?.replan_since).toBeInstanceOf(Date);
  });
});
