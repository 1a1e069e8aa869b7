import { proxyActivities } from '@temporalio/workflow';
import type { DispatchActivities } from '../../activities/sync/dispatchActivities.js';
import type { DispatchRound } from '../../temporal/sync/contract.js';

const { dispatchSyncs } = proxyActivities<DispatchActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds', // the schedule skips its rounds until a worker that died is noticed
  retry: { maximumAttempts: 1 }, // the schedule comes again in ten seconds
});

/** Side by side, on as many workers as there are: each takes what no other has taken. */
const DISPATCHERS = 4;

/** Run by a schedule: a round over the portals and types that are due. */
export async function syncDispatch(): Promise<DispatchRound> {
  const rounds = await Promise.all(
    Array.from({ length: DISPATCHERS }, (_, n) =>
      dispatchSyncs.executeWithOptions({ summary: `Looks at what is due (${n + 1} of ${DISPATCHERS})` }, []),
    ),
  );
  return rounds.reduce((sum, round) => ({
    probed: sum.probed + round.probed,
    changed: sum.changed + round.changed,
    started: sum.started + round.started,
    failed: sum.failed + round.failed,
  }));
}
