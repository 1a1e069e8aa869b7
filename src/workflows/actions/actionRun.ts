import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActionRunActivities } from '../../activities/actions/actionRunActivities.js';
import type { ActionRunInput, ActionRunResult } from '../../temporal/actions/contract.js';

const HISTORY_LIMIT = 2000;
// What a handler throws is no failure of the activity: it was on a worker that died, or without its database.
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

const { tryRun } = proxyActivities<ActionRunActivities>({
  startToCloseTimeout: '16 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: 'TRY_CANCEL',
  retry,
});
const { completeRun, cancelRun } = proxyActivities<ActionRunActivities>({
  startToCloseTimeout: '1 minute',
  retry,
});

/** Tries the handler until there are outputs, or an end, and has HubSpot get them. */
export async function actionRun(input: ActionRunInput): Promise<ActionRunResult> {
  const { inMs: _waited, ...atOnce } = input;
  let tries = 0;
  try {
    if (input.inMs !== undefined) await sleep(input.inMs);
    for (;;) {
      const tried = await tryRun(input);
      tries += 1;
      if (tried.state === 'over') break;
      await sleep(tried.inMs);
      if (workflowInfo().historyLength > HISTORY_LIMIT) await continueAsNew<typeof actionRun>(atOnce);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    log.info('Cancelled: the record goes on as failed, unless its handler has ended');
    await CancellationScope.nonCancellable(() => cancelRun(input));
  }
  await CancellationScope.nonCancellable(async () => {
    for (;;) {
      const told = await completeRun(input);
      if (told.state === 'over') break;
      await sleep(told.inMs);
      if (workflowInfo().historyLength > HISTORY_LIMIT) await continueAsNew<typeof actionRun>(atOnce);
    }
  });
  return { tries };
}
