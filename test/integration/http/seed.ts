import type pg from 'pg';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { settleReleases } from '../../../src/db/throttle/settleReleases.js';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import type { ReleaseState } from '../../../src/domain/throttle/executionStates.js';
import { callsFor, LIMITS, WORKSPACE } from '../../support/throttle.js';

/** Commits calls to a lane as the intake does. Returns their execution ids, in order. */
export async function take(pool: pg.Pool, laneId: string, count: number, portalId = 1): Promise<string[]> {
  const answers = await intakeExecutions(pool, callsFor(laneId, count, portalId), LIMITS);
  return answers.map((answer) => answer.executionId);
}

/** Admits what the window has room for, as a worker does; nothing is answered yet. Returns what was admitted. */
export async function admit(pool: pg.Pool, laneId: string, max = 1000) {
  return (
    await admitReleases(pool, {
      workspaceId: WORKSPACE,
      laneIds: [laneId],
      max,
      owner: 'test',
      leaseMs: 60_000,
      holdMs: 0,
    })
  ).admitted;
}

/** Admits what it can and stores it as ended. Returns the ids. */
export async function end(pool: pg.Pool, laneId: string, state: ReleaseState, max = 1000): Promise<string[]> {
  const admitted = await admit(pool, laneId, max);
  const ended = admitted.map(({ admissionId, fence, executionId }) => ({
    admissionId,
    fence,
    executionId,
    state,
    reason: `test: ${state}`,
  }));
  const closed = [
    ...new Map(
      admitted.map(({ admissionId, fence }) => [admissionId, { admissionId, fence, ageMs: 0 }]),
    ).values(),
  ];
  return settleReleases(pool, WORKSPACE, { ended, closed, again: [] });
}
