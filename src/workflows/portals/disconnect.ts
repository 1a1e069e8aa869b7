import { ActivityFailure, log, proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { InstallActivities } from '../../activities/portals/installActivities.js';
import type { PortalHookActivities } from '../../activities/portals/portalHooks.js';
import type { PortalEpoch } from '../../domain/portals/portal.js';
import type { DisconnectResult, TakenBack } from '../../temporal/portals/contract.js';

/**
 * For how long waiting executions are ended through HubSpot. What is left then, or when the token is refused, is ended
 * locally.
 */
const END_THROUGH_HUBSPOT_MS = 5 * 60_000;
/** How long until it looks again: at first, and at most. */
const LOOK_AGAIN_MS = { first: 1000, max: 15_000 };
const REASON = 'The portal was disconnected';

const database = proxyActivities<InstallActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});
const hubspot = proxyActivities<InstallActivities>({
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '15 minutes',
  retry: { initialInterval: '2 seconds', maximumInterval: '60 seconds' },
});
const features = proxyActivities<PortalHookActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/**
 * Takes a portal out of use. Its state was set to `disconnecting` with the request: since then nothing new is taken in
 * for it and nothing that was begun before can change it. Every step can be repeated; where the workflow is gone, the
 * reconciler starts it again.
 */
export async function disconnect(portal: PortalEpoch): Promise<DisconnectResult> {
  const plan = await database.planDisconnect(portal);
  if (!plan.current) return { superseded: true, endedLocally: 0, revoked: 'nothing', uninstalled: 'nothing' };

  await step('Ending what waits, through HubSpot');
  if (plan.canTellHubSpot) await endThroughHubSpot();

  await step('Giving back to HubSpot what it granted');
  const uninstalled = plan.uninstall ? await confirmed(() => hubspot.uninstallApp(portal)) : 'nothing';
  const revoked = await confirmed(() => hubspot.revokeGrant(portal));
  await database.removeTokens(portal);

  await step('Ending what is left, without HubSpot');
  const { ended } = await features.endPortalLocally({ ...portal, reason: REASON });

  const result = { endedLocally: ended, revoked, uninstalled };
  const { current } = await database.finishDisconnect({ ...portal, ...result });
  setCurrentDetails('Disconnected');
  return { superseded: !current, ...result };

  /** People see it in Temporal, and at `GET /api/integrations/hubspot/config`. */
  async function step(name: string): Promise<void> {
    setCurrentDetails(name);
    await database.noteStep({ ...portal, step: name });
  }

  async function endThroughHubSpot(): Promise<void> {
    const from = Date.now();
    for (let waitMs = LOOK_AGAIN_MS.first; ; waitMs = Math.min(2 * waitMs, LOOK_AGAIN_MS.max)) {
      const { left } = await features.endPortal({ ...portal, reason: REASON });
      if (left === 0) return;
      if (Date.now() - from >= END_THROUGH_HUBSPOT_MS) {
        log.warn('Not all that waited could be ended through HubSpot; the rest ends without it', { left });
        return;
      }
      await sleep(waitMs, { summary: `${left} executions are still to end` });
    }
  }
}

/**
 * HubSpot may be away for longer than a disconnect may take: then the disconnect goes on, and its result says
 * `unconfirmed`.
 */
async function confirmed(ask: () => Promise<TakenBack>): Promise<TakenBack> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('HubSpot did not confirm', { cause: String(error.cause) });
    return 'unconfirmed';
  }
}
