import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActionPackActivities } from '../../activities/actions/actionPackActivities.js';
import type { ActionPackInput } from '../../temporal/actions/contract.js';

const HISTORY_LIMIT = 2000;
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

const { runPack } = proxyActivities<ActionPackActivities>({
  startToCloseTimeout: '18 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: 'TRY_CANCEL',
  retry,
});
const { cancelPack } = proxyActivities<ActionPackActivities>({ startToCloseTimeout: '1 minute', retry });

/** Makes the first tries of the runs of a pack, and has HubSpot get what came of them. */
export async function actionPack(input: ActionPackInput): Promise<void> {
  try {
    for (;;) {
      const tried = await runPack(input);
      if (tried.state === 'over') return;
      await sleep(tried.inMs);
      if (workflowInfo().historyLength > HISTORY_LIMIT) await continueAsNew<typeof actionPack>(input);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    log.info('Cancelled: the records go on as failed whose handlers have not ended');
    await CancellationScope.nonCancellable(() => cancelPack(input));
  }
}
