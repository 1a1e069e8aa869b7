import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import {
  DISCONNECT_WORKFLOW,
  disconnectWorkflowId,
  INSTALL_WORKFLOW,
  installWorkflowId,
  PORTALS_QUEUE,
} from './contract.js';
import type { PortalEpoch } from '../../domain/portals/portal.js';

/** The workflows of portals that come and go. */
export interface PortalStarter {
  /** Starts what follows an install; does nothing when it runs already. */
  startInstall(portal: PortalEpoch): Promise<void>;
  /** Starts what takes a portal out of use; does nothing when it runs already. */
  startDisconnect(portal: PortalEpoch): Promise<void>;
}

export function createPortalStarter(temporal: TemporalConnection): PortalStarter {
  const start = (workflow: string, workflowId: string, portal: PortalEpoch) =>
    temporal.start({
      workflow,
      queue: PORTALS_QUEUE,
      workflowId,
      args: [portal],
      searchAttributes: [{ key: searchAttributes.portalId, value: String(portal.portalId) }],
    });
  return {
    startInstall: (portal) =>
      start(INSTALL_WORKFLOW, installWorkflowId(portal.portalId, portal.epoch), portal),
    startDisconnect: (portal) =>
      start(DISCONNECT_WORKFLOW, disconnectWorkflowId(portal.portalId, portal.epoch), portal),
  };
}
