import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { SyncActivities } from '../../activities/sync/syncActivities.js';
import type { PortalSyncInput, PortalSyncResult } from '../../temporal/sync/contract.js';

const { readRecords } = proxyActivities<SyncActivities>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '10 seconds',
  // What HubSpot says is no failure of the activity: it was on a worker that died, or without its database.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/**
 * Reads a portal's records of one type into the mirror until it has caught up. How far it is stands in the database
 * with each page: a run that is lost is begun again from there, by whoever finds it due.
 */
export async function portalSync(input: PortalSyncInput): Promise<PortalSyncResult> {
  const { workspaceId, portalId, objectType } = input;
  const total = { read: 0, changed: 0, ...input.before };
  for (;;) {
    const round = await readRecords.executeWithOptions(
      { summary: `Reads ${objectType} of portal ${portalId}` },
      [{ workspaceId, portalId, objectType }],
    );
    total.read += round.read;
    total.changed += round.changed;
    setCurrentDetails(`${total.read} records read, ${total.changed} of them new or changed`);
    if (round.ended !== 'more') return { ...total, ended: round.ended };
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof portalSync>({ workspaceId, portalId, objectType, before: total });
  }
}
