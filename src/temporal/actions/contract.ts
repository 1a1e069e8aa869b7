import type { TaskQueue } from '../taskQueues.js';

/** Runs the handler of an action of one's own for one call, until HubSpot has its outputs. */
export const ACTION_RUN_WORKFLOW = 'actionRun';
/** Makes the first tries of several runs of an action in a portal; what is tried again has its own workflow. */
export const ACTION_PACK_WORKFLOW = 'actionPack';
export const ACTIONS_QUEUE: TaskQueue = 'actions';

export function actionRunWorkflowId(portalId: number, callbackId: string): string {
  return `actions/${portalId}/${callbackId}`;
}

export function actionPackWorkflowId(portalId: number, firstRunId: string): string {
  return `action-packs/${portalId}/${firstRunId}`;
}

/** Ids alone: what it was called with, and what it gives, stand in the database. */
export interface ActionRunInput {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly runId: string;
  /** Its action, for the places of an action; undefined: it was started before they were counted. */
  readonly action?: string;
  /** It waits for so long before anything else. */
  readonly inMs?: number;
}

export interface ActionPackInput {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly action: string;
  /** The first names the pack. */
  readonly runIds: readonly string[];
}

/** What a try came to. */
export type RunTried =
  /** It goes on later. */
  | { readonly state: 'again'; readonly inMs: number }
  /** What came of it is kept, or it has ended. */
  | { readonly state: 'over' };

export interface ActionRunResult {
  readonly tries: number;
}
