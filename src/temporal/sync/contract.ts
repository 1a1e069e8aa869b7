import type { TaskQueue } from '../taskQueues.js';

/** Reads a portal's records of one type into the mirror; one at a time. */
export const SYNC_WORKFLOW = 'portalSync';
export const SYNC_QUEUE: TaskQueue = 'sync';

export function syncWorkflowId(portalId: number, objectType: string): string {
  return `sync/${portalId}/${objectType}`;
}

export interface PortalSyncInput {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
  /** Of runs before this one. */
  readonly before?: { readonly read: number; readonly changed: number };
}

/** What it came to, from its first page until it had caught up. */
export interface PortalSyncResult {
  readonly read: number;
  readonly changed: number;
  readonly ended: 'done' | 'failed' | 'lost' | 'not_taken';
}
