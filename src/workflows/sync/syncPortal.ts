import { proxyActivities } from '@temporalio/workflow';
import type { PortalActivities } from '../../activities/sync/portalActivities.js';
import type { DispatchRound, PortalReadInput } from '../../temporal/sync/contract.js';

const { readPortal } = proxyActivities<PortalActivities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' }, // its next time may be tomorrow
});

/** Run by the Schedule of a portal that has one of its own: looks at each of its types that are mirrored. */
export async function syncPortal(portal: PortalReadInput): Promise<DispatchRound> {
  return readPortal.executeWithOptions(
    { summary: `Looks at what is mirrored of portal ${portal.portalId}` },
    [portal],
  );
}
