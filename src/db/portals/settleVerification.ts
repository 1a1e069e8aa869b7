import type { PortalId } from '../../domain/portals/portal.js';
import { auditedTransaction } from '../audit/auditedTransaction.js';
import type { Pool } from '../pool.js';
import { notify } from '../workspaces/notices.js';

/**
 * What HubSpot said of the account to which a portal's token belongs: the portal is verified, or, when it is another
 * account, everything of it pauses until it gets a token of its own, and its workspace is notified.
 */
export async function settleVerification(
  pool: Pool,
  { workspaceId, portalId, account }: PortalId & { readonly account: number },
): Promise<void> {
  await auditedTransaction(pool, { workspaceId, actor: 'hubspot' }, async (client, note) => {
    if (account === portalId) {
      await client.query({
        name: 'portals.verified',
        text: `UPDATE portals SET verified_at = coalesce(verified_at, clock_timestamp())
                WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) AND state = 'active'`,
        values: [portalId],
      });
      return;
    }
    const reason = `The token is of account ${account}: connect this one with a token of its own`;
    const { rowCount } = await client.query({
      name: 'portals.other_account',
      text: `UPDATE portals SET state = 'reauth_required', state_reason = $2, state_changed_at = clock_timestamp(),
                    verified_at = NULL, updated_at = clock_timestamp()
              WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) AND state = 'active'`,
      values: [portalId, reason],
    });
    if (rowCount !== 1) return;
    await notify(client, {
      workspaceId,
      portalId,
      kind: 'portal.reauth_required',
      detail: { reason: 'other_account' },
    });
    note('portal.reauth_required', { portalId, code: 'other_account' });
  });
}
