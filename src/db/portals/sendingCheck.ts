import type { Config } from '../../platform/config/config.js';
import { Unable, type HealthCheck } from '../../platform/health.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { createPortalResolver } from './portalResolver.js';
import { portalStats } from './portalStats.js';

type SendingConfig = Pick<
  Config,
  'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_PRIVATE_APP_TOKEN'
>;

/** That what is to be sent live has somebody to be sent to. */
export function sendingCheck(pool: Pool, config: SendingConfig): HealthCheck {
  return async () => {
    const { reason } = await senders(pool, config);
    if (reason !== undefined) throw new Unable(`HUBSPOT_SEND_LIVE is set, ${reason}`);
  };
}

/**
 * Why nothing that is captured could be sent, whatever its portal; undefined: something can, or will be once its portal
 * has a new authorisation.
 */
export async function whyNobodyToSendTo(pool: Pool, config: SendingConfig): Promise<string | undefined> {
  const { reason, others } = await senders(pool, config);
  return others > 0 ? undefined : reason;
}

/** `reason`: what is wrong; `others`: portals that it is not about. */
async function senders(
  pool: Pool,
  config: SendingConfig,
): Promise<{ reason: string | undefined; others: number }> {
  if (!config.HUBSPOT_ENABLED || !config.HUBSPOT_SEND_LIVE) return { reason: undefined, others: 0 };
  const stats = await portalStats(pool);
  const portals = (state: string) => stats.find((one) => one.state === state)?.portals ?? 0;
  const [active, waiting] = [portals('active'), portals('reauth_required')];
  if (active === 0)
    return waiting > 0
      ? { reason: 'and every portal needs a new authorisation', others: waiting }
      : { reason: 'and no portal is connected', others: 0 };
  const own = config.HUBSPOT_PORTAL_ID;
  if (own !== undefined && config.HUBSPOT_PRIVATE_APP_TOKEN === undefined && (await isPrivate(pool, own)))
    return {
      reason: `portal ${own} uses the token of a private app, and HUBSPOT_PRIVATE_APP_TOKEN is not set`,
      others: active - 1 + waiting,
    };
  return { reason: undefined, others: active };
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
