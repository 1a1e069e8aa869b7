import type pg from 'pg';
import type { PortalAuth, PortalEpoch } from '../../domain/portals/portal.js';
import { auditedTransaction, type Note } from '../audit/auditedTransaction.js';
import type { Pool, Queryable } from '../pool.js';
import { notify } from '../workspaces/notices.js';
import { lockPortal } from './lockPortal.js';
import { forgetSettings } from './settingsForActions.js';

/*
 * How a portal goes. Its epoch grows with each install and each disconnect, and every step after the first names the
 * epoch that it belongs to: a step of an earlier disconnect changes nothing.
 */

export interface Disconnecting {
  readonly state: 'disconnecting' | 'disconnected';
  readonly epoch: number;
  /** False: it was asked for before. */
  readonly changed: boolean;
}

/**
 * From here on nothing that was begun before may change the portal. Called again, it changes nothing. Undefined when
 * the workspace has no such portal.
 */
export async function beginDisconnect(
  client: pg.PoolClient,
  note: Note,
  portalId: number,
  { uninstall }: { readonly uninstall: boolean },
): Promise<Disconnecting | undefined> {
  await lockPortal(client, portalId);
  const { rows } = await client.query<Disconnecting>({
    name: 'portals.begin_disconnect',
    text: `WITH before AS (
                  SELECT state FROM portals
                   WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) FOR UPDATE),
                changed AS (
                  UPDATE portals
                     SET state = 'disconnecting', state_reason = 'Begun', state_changed_at = clock_timestamp(),
                         epoch = epoch + 1, uninstall_requested = $2, updated_at = clock_timestamp()
                    FROM before WHERE portal_id = $1 AND before.state NOT IN ('disconnecting', 'disconnected')
                  RETURNING portals.state, epoch)
           SELECT state, epoch, true AS changed FROM changed
           UNION ALL
           SELECT p.state, p.epoch, false FROM portals p, before
            WHERE p.portal_id = $1 AND before.state IN ('disconnecting', 'disconnected')`,
    values: [portalId, uninstall],
  });
  if (rows[0]?.changed) note('portal.disconnect', { portalId, uninstall });
  return rows[0];
}

export interface DisconnectPlan {
  /** False: the portal was installed or disconnected again since. */
  readonly current: boolean;
  /** There is a token that has not expired, or one can be had. */
  readonly canTellHubSpot: boolean;
  readonly uninstall: boolean;
  readonly auth: PortalAuth;
  readonly refreshTokenSealed: string | null;
}

/** What the disconnect of this epoch has to do. */
export async function findDisconnect(
  db: Queryable,
  { portalId, epoch }: PortalEpoch,
): Promise<DisconnectPlan> {
  const { rows } = await db.query<DisconnectPlan>({
    name: 'portals.disconnect_plan',
    text: `SELECT state = 'disconnecting' AND epoch = $2 AS current, uninstall_requested AS uninstall, auth,
                  (access_token IS NOT NULL AND coalesce(token_expires_at > clock_timestamp(), true))
                    OR (refresh_token IS NOT NULL
                        AND (refresh_error IS NULL OR refresh_error ~ '^(transient|unknown):'))
                    AS "canTellHubSpot",
                  refresh_token AS "refreshTokenSealed"
             FROM portals WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch],
  });
  const none = { current: false, canTellHubSpot: false, uninstall: false, refreshTokenSealed: null };
  return rows[0] ?? { ...none, auth: 'oauth' };
}

/** Stores how far the disconnect is, for people who look at the portal. */
export async function noteDisconnectStep(db: Queryable, portal: PortalEpoch, step: string): Promise<void> {
  await update(db, portal, 'portals.disconnect_step', 'state_reason = $3', [step]);
}

export async function removeTokens(db: Queryable, portal: PortalEpoch): Promise<void> {
  const removed = 'access_token = NULL, refresh_token = NULL, token_expires_at = NULL';
  await update(db, portal, 'portals.remove_tokens', `${removed}, token_version = token_version + 1`);
}

/** What HubSpot confirmed, and how many executions ended without HubSpot being notified. */
export interface DisconnectDetail {
  readonly revoked: string;
  readonly uninstalled: string;
  readonly endedLocally: number;
}

/**
 * The last step: what it has set is forgotten, and its workspace notified. False when the portal was installed or
 * disconnected again meanwhile.
 */
export async function finishDisconnect(
  pool: Pool,
  portal: PortalEpoch,
  { reason, ...detail }: DisconnectDetail & { readonly reason: string },
): Promise<boolean> {
  const { workspaceId, portalId, epoch } = portal;
  return auditedTransaction(pool, { workspaceId, actor: 'system' }, async (client, note) => {
    const state = `state = 'disconnected', state_reason = $3, state_changed_at = clock_timestamp()`;
    if (!(await update(client, portal, 'portals.finish_disconnect', state, [reason]))) return false;
    await forgetSettings(client, portalId);
    await notify(client, { workspaceId, portalId, kind: 'portal.disconnected', detail: { ...detail } });
    note('portal.disconnected', { portalId, epoch, ...detail });
    return true;
  });
}

/** Changes a portal that is being disconnected under this epoch. False when it is not, or no longer. */
async function update(
  db: Queryable,
  { portalId, epoch }: PortalEpoch,
  name: string,
  assignments: string,
  values: readonly unknown[] = [],
): Promise<boolean> {
  const { rowCount } = await db.query({
    name,
    text: `UPDATE portals SET ${assignments}, resumed_epoch = epoch, updated_at = clock_timestamp()
            WHERE portal_id = $1 AND epoch = $2 AND state = 'disconnecting'
              AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch, ...values],
  });
  return rowCount === 1;
}
