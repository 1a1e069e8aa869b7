import type { TaskQueue } from '../taskQueues.js';

/** Calls a consumer of the feed until it has what there is; one at a time. */
export const FEED_DELIVERY_WORKFLOW = 'feedDelivery';
export const FEED_QUEUE: TaskQueue = 'feed';

export function feedDeliveryWorkflowId(consumerId: string): string {
  return `feed/${consumerId}`;
}

export interface FeedDeliveryInput {
  readonly workspaceId: string;
  readonly consumerId: string;
  /** Of runs before this one. */
  readonly before?: { readonly delivered: number; readonly dead: number };
}

/** What it came to. */
export interface FeedDeliveryResult {
  readonly delivered: number;
  readonly dead: number;
  readonly ended: 'done' | 'failed' | 'lost' | 'not_taken';
}
