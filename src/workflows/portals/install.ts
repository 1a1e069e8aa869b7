import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { InstallActivities } from '../../activities/portals/installActivities.js';
import type { PortalHookActivities } from '../../activities/portals/portalHooks.js';
import type { PortalEpoch } from '../../domain/portals/portal.js';

const database = proxyActivities<InstallActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});
const hubspot = proxyActivities<InstallActivities>({
  startToCloseTimeout: '60 seconds',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 3,
    maximumInterval: '1 hour',
    maximumAttempts: 12,
  },
});
const features = proxyActivities<PortalHookActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/** What follows an install: executions that waited for the portal go on, and HubSpot is asked for its time zone. */
export async function install(portal: PortalEpoch): Promise<void> {
  setCurrentDetails('Its lanes go on');
  await features.resumePortal(portal);
  await database.noteResumed(portal);
  setCurrentDetails("Asking HubSpot for the account's time zone");
  await hubspot.readAccount(portal);
  setCurrentDetails('Done');
}
