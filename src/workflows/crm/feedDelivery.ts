import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { FeedActivities } from '../../activities/crm/feedActivities.js';
import type { FeedDeliveryInput, FeedDeliveryResult } from '../../temporal/crm/contract.js';

const { callConsumer } = proxyActivities<FeedActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '10 seconds',
  // What the receiver answers is no failure of the activity: it was on a worker that died, or without its database.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Calls a consumer of the feed until nothing follows, or its receiver does not take it. How far it is stands in the
 * database with each batch: what is lost is begun again from there, by whoever finds it due.
 */
export async function feedDelivery(input: FeedDeliveryInput): Promise<FeedDeliveryResult> {
  const { workspaceId, consumerId } = input;
  const total = { delivered: 0, dead: 0, ...input.before };
  for (;;) {
    const round = await callConsumer.executeWithOptions({ summary: 'Calls the consumer' }, [
      { workspaceId, consumerId },
    ]);
    total.delivered += round.delivered;
    total.dead += round.dead;
    setCurrentDetails(`${total.delivered} changes delivered, ${total.dead} dead letters`);
    if (round.ended !== 'more') return { ...total, ended: round.ended };
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof feedDelivery>({ workspaceId, consumerId, before: total });
  }
}
