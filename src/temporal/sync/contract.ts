import type { TaskQueue } from '../taskQueues.js';

/** Reads a portal's records of one type into the mirror; one at a time. */
export const SYNC_WORKFLOW = 'portalSync';
export const SYNC_QUEUE: TaskQueue = 'sync';
/**
 * Of the dispatch, the passes and dry runs, a few activities bounded in time: however many loads wait for slots, these
 * do not.
 */
export const DISPATCH_QUEUE: TaskQueue = 'upkeep';

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

/** Says what a first load of a type would come to; started by whoever asks for it, who waits for its result. */
export const ESTIMATE_WORKFLOW = 'syncEstimate';

export function estimateWorkflowId(portalId: number, objectType: string): string {
  return `sync-estimate/${portalId}/${objectType}`;
}

/** What HubSpot says of a type: counts, or why it does not say. */
export type LoadFactsRead =
  | {
      /** By the total of a search: an estimate. */
      readonly records: number;
      readonly properties: number;
      /** Of them those whose values HubSpot calculates. */
      readonly calculated: number;
      /** Their names make an address too long. */
      readonly isWide: boolean;
    }
  | {
      readonly refused: {
        readonly errorClass: string;
        readonly message: string;
        readonly retryAfterMs: number | null;
      };
    };

/** Does what is due of a pass; started by the pass's Schedule. */
export const PASS_WORKFLOW = 'syncPass';

/** What a round of a pass came to, over all portals. */
export interface PassRound {
  /** Types that had a turn. */
  readonly turns: number;
  readonly seen: number;
  readonly changed: number;
  readonly failed: number;
}

/** Finds what is due and has changed; started by the Schedule `sluice-sync-dispatch`. */
export const DISPATCH_WORKFLOW = 'syncDispatch';

/** Looks at a portal's types; started by the Schedule of a portal that has one of its own. */
export const PORTAL_WORKFLOW = 'syncPortal';

export interface PortalReadInput {
  readonly workspaceId: string;
  readonly portalId: number;
}

/** What a round of looking at types came to: over all portals, or of one. */
export interface DispatchRound {
  /** Types that were looked at by one search each. */
  readonly probed: number;
  readonly changed: number;
  /** Types that got a workflow of their own. */
  readonly started: number;
  readonly failed: number;
}
