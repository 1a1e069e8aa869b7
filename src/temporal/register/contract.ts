import type { TaskQueue } from '../taskQueues.js';

/** Writes a contact with its deals and tickets, step by step; started for each registration, and for its resume. */
export const REGISTER_WORKFLOW = 'registerContact';
export const REGISTER_QUEUE: TaskQueue = 'register';

export function registerWorkflowId(registrationId: string): string {
  return `register/${registrationId}`;
}

/** Ids alone: values stand in the database. */
export interface RegisterInput {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly registrationId: string;
}

/** What a try of a step came to. */
export type StepTried =
  | { readonly state: 'done' }
  /** It goes on later. */
  | { readonly state: 'again'; readonly inMs: number }
  /** The registration has ended. */
  | { readonly state: 'over' };

export interface RegisterResult {
  readonly ended: 'done' | 'failed' | 'over';
}
