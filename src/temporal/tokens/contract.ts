import type { TaskQueue } from '../taskQueues.js';

/** Keeps the token of one portal fresh for as long as it is in use. */
export const TOKEN_KEEPER_WORKFLOW = 'tokenKeeper';
export const TOKENS_QUEUE: TaskQueue = 'upkeep';

/** The portal was authorised anew, disconnected, or needs a new authorisation: the keeper looks at once. */
export const PORTAL_CHANGED_SIGNAL = 'portalChanged';

export function tokenKeeperWorkflowId(portalId: number): string {
  return `tokenKeeper/${portalId}`;
}

export interface TokenKeeperInput {
  readonly portalId: number;
  /** The portal was waiting for a new authorisation when this run began. */
  readonly paused?: boolean;
}

/** Why it ended. */
export type TokenKeeperResult = 'idle' | 'unknown' | 'disconnected' | 'no_expiry';
