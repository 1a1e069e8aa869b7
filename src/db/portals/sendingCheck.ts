import type { Config } from '../../platform/config/config.js';
import { Unable, type HealthCheck } from '../../platform/health.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { createPortalResolver } from './portalResolver.js';
import { portalStats } from './portalStats.js';

/** That what is to be sent live has somebody to be sent to. */
export function sendingCheck(
  pool: Pool,
  config: Pick<
    Config,
    'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_PRIVATE_APP_TOKEN'
  >,
): HealthCheck {
  return async () => {
    if (!config.HUBSPOT_ENABLED || !config.HUBSPOT_SEND_LIVE) return;
    const stats = await portalStats(pool);
    const portals = (state: string) => stats.find((one) => one.state === state)?.portals ?? 0;
    if (portals('active') === 0)
      throw new Unable(
        portals('reauth_required') > 0
          ? 'HUBSPOT_SEND_LIVE is set, and every portal needs a new authorisation'
          : 'HUBSPOT_SEND_LIVE is set, and no portal is connected',
      );
    const own = config.HUBSPOT_PORTAL_ID;
    if (own !== undefined && config.HUBSPOT_PRIVATE_APP_TOKEN === undefined && (await isPrivate(pool, own)))
      throw new Unable(
        `HUBSPOT_SEND_LIVE is set, portal ${own} uses the token of a private app, and HUBSPOT_PRIVATE_APP_TOKEN is not set`,
      );
  };
}

/** Whether the token of a portal is to come from the environment. */
async function isPrivate(pool: Pool, portalId: number): Promise<boolean> {
  const portal = await createPortalResolver(pool).find(portalId);
  if (!portal) return false;
  const { rows } = await forWorkspace(pool, portal.workspaceId).query<{ bare: boolean }>(
    `SELECT auth = 'private_app' AND access_token IS NULL AS bare FROM portals WHERE portal_id = $1`,
    [portalId],
  );
  return rows[0]?.bare ?? false;
}
