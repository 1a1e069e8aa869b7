import type { TemporalConnection, WorkflowStart } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import {
  PORTAL_CHANGED_SIGNAL,
  TOKEN_KEEPER_WORKFLOW,
  TOKENS_QUEUE,
  tokenKeeperWorkflowId,
  type TokenKeeperInput,
} from './contract.js';

/** The workflows that keep the tokens of portals in use fresh. */
export interface TokenKeeperStarter {
  /** The portal is in use: sees to it that its keeper runs. */
  ensureRunning(portalId: number): Promise<void>;
  /** The portal's state has changed: its keeper looks, and is started where it does not run. */
  notifyChanged(portalId: number): Promise<void>;
}

export function createTokenKeeperStarter(temporal: TemporalConnection): TokenKeeperStarter {
  return {
    ensureRunning: (portalId) => temporal.start(keeperOf(portalId)),
    notifyChanged: (portalId) => temporal.signalWithStart(keeperOf(portalId), PORTAL_CHANGED_SIGNAL),
  };
}

function keeperOf(portalId: number): WorkflowStart {
  const input: TokenKeeperInput = { portalId };
  return {
    workflow: TOKEN_KEEPER_WORKFLOW,
    queue: TOKENS_QUEUE,
    workflowId: tokenKeeperWorkflowId(portalId),
    args: [input],
    summary: `Keeps the token of portal ${portalId} fresh while it is in use`,
    searchAttributes: [{ key: searchAttributes.portalId, value: String(portalId) }],
  };
}
