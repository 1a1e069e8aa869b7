import { proxyActivities } from '@temporalio/workflow';
import type { EstimateActivities } from '../../activities/sync/estimateActivities.js';
import type { LoadFactsRead, PortalSyncInput } from '../../temporal/sync/contract.js';

const { readFacts } = proxyActivities<EstimateActivities>({
  startToCloseTimeout: '20 seconds',
  scheduleToCloseTimeout: '25 seconds', // by then nobody waits for the answer any more
  retry: { maximumAttempts: 2, initialInterval: '1 second' }, // once more where a worker died
});

/** Asks HubSpot, by a worker, what a first load of a type would come to: the API has no way to HubSpot's records. */
export async function syncEstimate({
  workspaceId,
  portalId,
  objectType,
}: PortalSyncInput): Promise<LoadFactsRead> {
  return readFacts.executeWithOptions({ summary: `Counts the ${objectType} of portal ${portalId}` }, [
    { workspaceId, portalId, objectType },
  ]);
}
