import type { PortalId } from '../../domain/portals/portal.js';
import { auditedTransaction } from '../audit/auditedTransaction.js';
import type { Pool } from '../pool.js';
import { notify } from '../workspaces/notices.js';

/** The token that HubSpot refused. */
interface RefusedToken extends PortalId {
  readonly version: number;
  readonly epoch: number;
}

/**
 * HubSpot says that the installation is gone: the portal needs a new authorisation, everything of it pauses, and its
 * workspace is notified. False when the state has changed meanwhile, or a newer token is stored: then nothing is done.
 */
export async function requireReauth(
  pool: Pool,
  { workspaceId, portalId, version, epoch }: RefusedToken,
  { code = 'unknown' }: { readonly code?: string },
): Promise<boolean> {
  const reason = `HubSpot refused the refresh token (${code}): the app was uninstalled, or its access was revoked`;
  return auditedTransaction(pool, { workspaceId, actor: 'hubspot' }, async (client, note) => {
    const { rowCount } = await client.query({
      name: 'portals.reauth',
      text: `UPDATE portals
                SET state = 'reauth_required', state_reason = $4, state_changed_at = clock_timestamp(),
                    refresh_error = $5, refresh_failures = refresh_failures + 1, updated_at = clock_timestamp()
              WHERE portal_id = $1 AND token_version = $2 AND epoch = $3 AND state = 'active'`,
      values: [portalId, version, epoch, reason, code],
    });
    if (rowCount !== 1) return false;
    await notify(client, { workspaceId, portalId, kind: 'portal.reauth_required', detail: { reason: code } });
    note('portal.reauth_required', { portalId, code, epoch, tokenVersion: version });
    return true;
  });
}
