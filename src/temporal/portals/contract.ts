import type { TaskQueue } from '../taskQueues.js';

/** What follows an install. */
export const INSTALL_WORKFLOW = 'install';
/** Takes a portal out of use. */
export const DISCONNECT_WORKFLOW = 'disconnect';
export const PORTALS_QUEUE: TaskQueue = 'upkeep';

/** One per install of the portal. */
export function installWorkflowId(portalId: number, epoch: number): string {
  return `install/${portalId}/${epoch}`;
}

/** One per disconnect: the epoch tells it from those before. */
export function disconnectWorkflowId(portalId: number, epoch: number): string {
  return `disconnect/${portalId}/${epoch}`;
}

/** What HubSpot said, as far as it was asked: `unconfirmed` when it could not be reached for long enough. */
export type TakenBack = 'done' | 'nothing' | 'refused' | 'unconfirmed';

export interface DisconnectResult {
  /** True: the portal was installed or disconnected again meanwhile, and this one had nothing left to do. */
  readonly superseded: boolean;
  /** Executions that ended without HubSpot being told. */
  readonly endedLocally: number;
  readonly revoked: TakenBack;
  readonly uninstalled: TakenBack;
}
