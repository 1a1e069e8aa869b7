import type pg from 'pg';
import { admitReleases } from '../../src/db/throttle/admitReleases.js';
import { intakeExecutions } from '../../src/db/throttle/intake.js';
import { settleReleases } from '../../src/db/throttle/settleReleases.js';
import { callsFor, LIMITS, seedAdmissions, seedLane, WORKSPACE } from '../../test/support/throttle.js';
import { startBenchDatabase } from './database.js';
import { median } from './statistics.js';

const DAY = { limit: 100_000, intervalMs: 86_400_000 };
const FIRST_HOUR = 4000;
/** Calls of each lane before the first measurement, for plans and caches. */
const WARM_CALLS = 50;

type Statement = 'intake' | 'grant' | 'look';

/** Milliseconds of one statement, commit included: medians. */
export type StatementsMs = Readonly<Record<Statement, number>>;

export interface DayWindow {
  readonly firstHour: StatementsMs;
  readonly endOfDay: StatementsMs;
}

/**
 * 100,000 per day, calls coming one by one: what one call costs in a lane in its first hour and in one at the end of
 * its day, in turn on one connection, so that the machine's mood is the same for both. Once per run.
 */
export async function measureDays({ runs, calls }: { runs: number; calls: number }): Promise<DayWindow[]> {
  const database = await startBenchDatabase();
  try {
    const young = await seedLane(database.admin, DAY);
    const full = await seedLane(database.admin, DAY);
    await seedAdmissions(database.admin, young, FIRST_HOUR, 1);
    // All but what is called below: each call must find room in the window.
    await seedAdmissions(database.admin, full, DAY.limit - WARM_CALLS - runs * calls, 23.9);
    await database.admin.query('VACUUM ANALYZE lane_grants');
    const pool = database.pool(1);
    const days: DayWindow[] = [];
    await inTurn(pool, young, full, WARM_CALLS);
    for (let n = 0; n < runs; n += 1) days.push(await inTurn(pool, young, full, calls));
    return days;
  } finally {
    await database.stop();
  }
}

async function inTurn(pool: pg.Pool, young: string, full: string, calls: number): Promise<DayWindow> {
  const taken = { firstHour: emptyTimes(), endOfDay: emptyTimes() };
  for (let n = 0; n < calls; n += 1) {
    await oneCall(pool, young, taken.firstHour);
    await oneCall(pool, full, taken.endOfDay);
  }
  return { firstHour: mediansOf(taken.firstHour), endOfDay: mediansOf(taken.endOfDay) };
}

type Times = Record<Statement, number[]>;
const emptyTimes = (): Times => ({ intake: [], grant: [], look: [] });
const mediansOf = ({ intake, grant, look }: Times): StatementsMs => ({
  ...{ intake: median(intake), grant: median(grant), look: median(look) },
});

/** A call comes, a workflow looks when it may go, it is released, and its answer is booked. */
async function oneCall(pool: pg.Pool, laneId: string, times: Times): Promise<void> {
  await timed(times.intake, () => intakeExecutions(pool, callsFor(laneId, 1), LIMITS));
  await timed(times.look, () =>
    pool.query(`SELECT set_config('app.workspace', $2, true), release_estimate($1, 0)`, [laneId, WORKSPACE]),
  );
  const { admitted } = await timed(times.grant, () =>
    admitReleases(pool, {
      ...{ workspaceId: WORKSPACE, laneIds: [laneId], max: 1, owner: 'bench', leaseMs: 60_000, holdMs: 0 },
    }),
  );
  const [one] = admitted;
  if (!one) throw new Error('The window has no room, and it should have');
  const { admissionId, fence, executionId } = one;
  await settleReleases(pool, WORKSPACE, {
    ended: [{ admissionId, fence, executionId, state: 'completed', reason: null }],
    closed: [{ admissionId, fence, ageMs: 0 }],
    again: [],
  });
}

async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  into.push(performance.now() - from);
  return result;
}
