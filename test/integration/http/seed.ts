import type pg from 'pg';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { grantReleases, settleReleases, type ReleaseState } from '../../../src/db/throttle/releases.js';
import { callsFor, LIMITS, WORKSPACE } from '../../support/throttle.js';

/** Commits calls to a lane as the intake does. Returns their execution ids, in order. */
export async function take(pool: pg.Pool, laneId: string, count: number, portalId = 1): Promise<string[]> {
  const answers = await intakeExecutions(pool, callsFor(laneId, count, portalId), LIMITS);
  return answers.map((answer) => answer.executionId);
}

/** Lets go what the window has room for, as a worker does; nothing is answered yet. Returns what was let go. */
export async function grant(pool: pg.Pool, laneId: string, most = 1000) {
  return (
    await grantReleases(pool, {
      workspaceId: WORKSPACE,
      laneIds: [laneId],
      most,
      owner: 'test',
      leaseMs: 60_000,
      holdMs: 0,
    })
  ).granted;
}

/** Lets go what it can and books it as ended. Returns the ids. */
export async function end(
  pool: pg.Pool,
  laneId: string,
  state: ReleaseState,
  most = 1000,
): Promise<string[]> {
  const granted = await grant(pool, laneId, most);
  const ended = granted.map(({ grantId, fence, executionId }) => ({
    grantId,
    fence,
    executionId,
    state,
    reason: `test: ${state}`,
  }));
  const closed = [
    ...new Map(granted.map(({ grantId, fence }) => [grantId, { grantId, fence, ageMs: 0 }])).values(),
  ];
  return settleReleases(pool, WORKSPACE, { ended, closed, again: [] });
}
