import type { PassName } from '../../domain/sync/passes.js';
import type { TemporalConnection } from '../connection.js';
import { searchAttributes } from '../searchAttributes.js';
import {
  DISPATCH_QUEUE,
  ESTIMATE_WORKFLOW,
  estimateWorkflowId,
  SYNC_QUEUE,
  SYNC_WORKFLOW,
  syncWorkflowId,
  type LoadFactsRead,
  type PortalSyncInput,
} from './contract.js';
import { passScheduleId } from './schedules.js';

/** By then a worker has asked HubSpot, or has given up. */
const ESTIMATED_WITHIN_MS = 30_000;

export interface SyncStarter {
  /** Starts the read of a portal's records of one type; does nothing when it runs. */
  startSync(object: PortalSyncInput): Promise<void>;
  /** What HubSpot says of a type, by a worker. Undefined: none has answered in time. */
  readLoadFacts(object: PortalSyncInput): Promise<LoadFactsRead | undefined>;
  /** Has what is due of a pass done now; its Schedule comes anyway. */
  hurryPass(pass: PassName): Promise<void>;
}

export function createSyncStarter(
  temporal: Pick<TemporalConnection, 'start' | 'resultOf' | 'triggerSchedule'>,
): SyncStarter {
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

    readLoadFacts: ({ workspaceId, portalId, objectType }) =>
      temporal.resultOf<LoadFactsRead>(
        {
          workflow: ESTIMATE_WORKFLOW,
          queue: DISPATCH_QUEUE,
          workflowId: estimateWorkflowId(portalId, objectType),
          args: [{ workspaceId, portalId, objectType }],
          summary: `Says what a first load of the ${objectType} of portal ${portalId} would come to`,
          searchAttributes: [{ key: searchAttributes.portalId, value: String(portalId) }],
        },
        ESTIMATED_WITHIN_MS,
      ),

    hurryPass: (pass) => temporal.triggerSchedule(passScheduleId(pass)),
  };
}
