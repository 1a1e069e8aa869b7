import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { FeedActivities } from '../../activities/crm/feedActivities.js';
import type { FeedDeliveryInput, FeedDeliveryResult } from '../../temporal/crm/contract.js';

const { callConsumer } = proxyActivities<FeedActivities>({
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: '10 seconds',
  // What the receiver answers is no failure of the activity: it was on a worker that died, or without its database.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * One turn of calling a consumer of the feed: until nothing follows, its receiver does not take it, or its time is
 * over; then those that wait longer come first. How far it is stands in the database with each batch: what is lost is
 * begun again from there, by whoever finds it due.
 */
export async function feedDelivery({
  workspaceId,
  consumerId,
}: FeedDeliveryInput): Promise<FeedDeliveryResult> {
  const turn = await callConsumer.executeWithOptions({ summary: 'Calls the consumer' }, [
    { workspaceId, consumerId },
  ]);
  setCurrentDetails(`${turn.delivered} changes delivered, ${turn.dead} dead letters`);
  return turn;
}
