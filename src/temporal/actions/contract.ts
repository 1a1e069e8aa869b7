import type { TaskQueue } from '../taskQueues.js';

/** Runs the handler of an action of one's own for one call, until HubSpot has its outputs. */
export const ACTION_RUN_WORKFLOW = 'actionRun';
export const ACTIONS_QUEUE: TaskQueue = 'actions';

export function actionRunWorkflowId(portalId: number, callbackId: string): string {
  return `actions/${portalId}/${callbackId}`;
}

/** Ids alone: what it was called with, and what it gives, stand in the database. */
export interface ActionRunInput {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly runId: string;
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
