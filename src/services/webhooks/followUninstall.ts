import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { readInstall } from '../../db/portals/readInstall.js';
import type { Tokens } from '../../hubspot/tokens/tokens.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { JournalMetrics } from './journalInstruments.js';

interface Dependencies {
  readonly pool: Pool;
  readonly portals: PortalResolver;
  readonly tokens: Pick<Tokens, 'renew'>;
  /** The portal's keeper looks at its state. A hint. */
  readonly notify: (portalId: number) => Promise<void>;
  readonly metrics: Pick<JournalMetrics, 'uninstalled'>;
  readonly logger: Logger;
}

/** Our clock may be ahead of HubSpot's by so much. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * HubSpot says that the app has left a portal. Such an event may come late, twice, or after the app has come back, so
 * it is a hint as all events are: one that is older than the install that there is changes nothing, and for one that is
 * not the token is refreshed now, which HubSpot refuses where the app is gone. What follows then is what follows any
 * such refusal.
 */
export function createUninstalls({ pool, portals, tokens, notify, metrics, logger }: Dependencies) {
  return async (event: {
    readonly portalId: number;
    readonly occurredAtMs: number | null;
  }): Promise<void> => {
    const { portalId, occurredAtMs } = event;
    portals.forget(portalId);
    const portal = await portals.find(portalId);
    const install = portal && (await readInstall(pool, { workspaceId: portal.workspaceId, portalId }));
    if (!install || install.state !== 'active' || install.auth !== 'oauth')
      return metrics.uninstalled('stale');
    if (occurredAtMs !== null && occurredAtMs < install.installedAt.getTime() - CLOCKS_DIFFER_MS)
      return metrics.uninstalled('stale');
    try {
      await tokens.renew(portalId, { ifVersion: install.version });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // `conflict`: HubSpot has refused the token, and the portal's state says so by now.
      const isBelieved = error.code === 'conflict';
      metrics.uninstalled(isBelieved ? 'believed' : 'undecided');
      logger.warn(
        isBelieved
          ? 'The app was uninstalled in a portal, as the webhooks journal says'
          : 'The webhooks journal says that the app was uninstalled; HubSpot was not to be asked just now',
        { portalId, code: error.code },
      );
      if (isBelieved) await notify(portalId).catch((cause: unknown) => logSilent(portalId, cause));
      return;
    }
    metrics.uninstalled('stale');
    logger.info('The webhooks journal tells of an uninstall, but the app is installed in the portal', {
      portalId,
    });
  };

  function logSilent(portalId: number, error: unknown): void {
    logger.warn('The keeper of a token was not told; it looks by itself', { portalId, error });
  }
}
