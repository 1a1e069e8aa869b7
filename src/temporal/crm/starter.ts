import type { TemporalConnection } from '../connection.js';
import {
  FEED_DELIVERY_WORKFLOW,
  FEED_QUEUE,
  feedDeliveryWorkflowId,
  type FeedDeliveryInput,
} from './contract.js';

export interface FeedDeliveryStarter {
  /** Starts to call a consumer; does nothing when it is being called. */
  startFeedDelivery(consumer: FeedDeliveryInput): Promise<void>;
}

export function createFeedDeliveryStarter(temporal: Pick<TemporalConnection, 'start'>): FeedDeliveryStarter {
  return {
    startFeedDelivery: ({ workspaceId, consumerId }) =>
      temporal.start({
        workflow: FEED_DELIVERY_WORKFLOW,
        queue: FEED_QUEUE,
        workflowId: feedDeliveryWorkflowId(consumerId),
        args: [{ workspaceId, consumerId }],
        summary: 'Calls a consumer of the feed with what changed in records',
      }),
  };
}
