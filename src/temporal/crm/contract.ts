import type { TaskQueue } from '../taskQueues.js';

/** Gives a consumer of the feed a turn of being called; one at a time. */
export const FEED_DELIVERY_WORKFLOW = 'feedDelivery';
export const FEED_QUEUE: TaskQueue = 'feed';

export function feedDeliveryWorkflowId(consumerId: string): string {
  return `feed/${consumerId}`;
}

export interface FeedDeliveryInput {
  readonly workspaceId: string;
  readonly consumerId: string;
}

/** What it came to. */
export interface FeedDeliveryResult {
  readonly delivered: number;
  readonly dead: number;
  readonly ended: 'done' | 'more' | 'failed' | 'lost' | 'not_taken';
}
