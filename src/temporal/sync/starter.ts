import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import { SYNC_QUEUE, SYNC_WORKFLOW, syncWorkflowId, type PortalSyncInput } from './contract.js';

export interface SyncStarter {
  /** Starts the read of a portal's records of one type; does nothing when it runs. */
  startSync(object: PortalSyncInput): Promise<void>;
}

export function createSyncStarter(temporal: Pick<TemporalConnection, 'start'>): SyncStarter {
  return {
    startSync: ({ workspaceId, portalId, objectType }) =>
      temporal.start({
        workflow: SYNC_WORKFLOW,
        queue: SYNC_QUEUE,
        workflowId: syncWorkflowId(portalId, objectType),
        args: [{ workspaceId, portalId, objectType }],
        summary: `Reads the ${objectType} of portal ${portalId} into the mirror`,
        searchAttributes: [{ key: searchAttributes.portalId, value: String(portalId) }],
      }),
  };
}
