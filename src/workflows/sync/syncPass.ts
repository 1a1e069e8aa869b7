import { proxyActivities } from '@temporalio/workflow';
import type { PassActivities } from '../../activities/sync/passActivities.js';
import type { PassName } from '../../domain/sync/passes.js';
import type { PassRound } from '../../temporal/sync/contract.js';

const { runDuePasses } = proxyActivities<PassActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds', // the schedule skips its rounds until a worker that died is noticed
  retry: { maximumAttempts: 1 }, // the schedule comes again in half a minute
});

/** Run by a schedule: a round over the portals and types of which the pass is due. */
export async function syncPass(pass: PassName): Promise<PassRound> {
  return runDuePasses.executeWithOptions({ summary: `Does what is due of the pass "${pass}"` }, [pass]);
}
