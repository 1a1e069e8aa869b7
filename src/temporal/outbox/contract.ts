import type { TaskQueue } from '../taskQueues.js';

/** The delivery of a portal's events; one at a time. */
export const OUTBOX_DELIVERY_WORKFLOW = 'outboxDelivery';
/** What puts events back on their way at a limited pace. */
export const OUTBOX_REDRIVE_WORKFLOW = 'outboxRedrive';
export const OUTBOX_QUEUE: TaskQueue = 'deliveries';

/** There are more events of the portal: the delivery does not end before it has looked for them. */
export const MORE_EVENTS_SIGNAL = 'nudge';

export function deliveryWorkflowId(portalId: number): string {
  return `outboxDelivery/${portalId}`;
}

export function redriveWorkflowId(redriveId: string): string {
  return `outboxRedrive/${redriveId}`;
}

export interface OutboxDeliveryInput {
  readonly workspaceId: string;
  readonly portalId: number;
}

/** What one delivery came to, from its first event until it had nothing to do. */
export interface OutboxDeliveryResult {
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
}

export interface OutboxRedriveInput {
  readonly workspaceId: string;
  readonly redriveId: string;
  /** Moved by runs before this one. */
  readonly moved?: number;
}
