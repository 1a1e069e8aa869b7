import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { RedriveActivities } from '../../activities/outbox/redriveActivities.js';
import type { OutboxRedriveInput } from '../../temporal/outbox/contract.js';

const HISTORY_LIMIT = 1000;

const { redrivePage, cancelRedrive } = proxyActivities<RedriveActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Puts events back on their way, page by page, no faster than its pace. What was moved stands in the redrive's row. */
export async function outboxRedrive(input: OutboxRedriveInput): Promise<{ moved: number }> {
  const redrive = { workspaceId: input.workspaceId, redriveId: input.redriveId };
  let moved = input.moved ?? 0;
  try {
    for (;;) {
      const page = await redrivePage(redrive);
      moved += page.moved;
      setCurrentDetails(`${moved} events are on their way again`);
      if (page.over) return { moved };
      await sleep(page.waitMs, { summary: 'Keeps the pace' });
      if (workflowInfo().historyLength > HISTORY_LIMIT)
        await continueAsNew<typeof outboxRedrive>({ ...redrive, moved });
    }
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancelRedrive(redrive));
    throw error;
  }
}
