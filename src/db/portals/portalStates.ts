import type pg from 'pg';
import { FEATURES, type Feature } from '../../domain/portals/features.js';
import type { PortalAuth, PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

/*
 * How a portal comes and goes. `epoch` grows with each install and each disconnect, and every statement here that ends something names the
 * one it was begun under: work of an earlier one changes nothing.
 */

/** Everything about a portal that its workspace may see. */
export interface PortalSettings {
  portalId: number;
  name: string | null;
  hubDomain: string | null;
  timeZone: string;
  auth: PortalAuth;
  state: PortalState;
  stateReason: string | null;
  stateChangedAt: Date;
  epoch: number;
  scopes: string[];
  throttleEnabled: boolean;
  syncEnabled: boolean;
  hasToken: boolean;
  tokenVersion: number;
  tokenExpiresAt: Date | null;
  /** By the database's clock; null when the token does not expire, or there is none. */
  tokenExpiresInMs: number | null;
  tokenAgeMs: number | null;
  refreshedAt: Date | null;
  refreshFailures: number;
  refreshError: string | null;
  installedAt: Date;
}

export interface PortalInstall {
  portalId: number;
  workspaceId: string;
  hubDomain: string | null;
  scopes: readonly string[];
  /** What is switched on by it; null: leave what is. */
  features: readonly Feature[] | null;
  accessTokenSealed: string;
  refreshTokenSealed: string;
  expiresInMs: number;
}

/** `held`: by another workspace. `disconnecting`: what is under way would take the new grant back. */
export type InstallResult =
  | { kind: 'installed'; epoch: number; created: boolean; switchedOn: Feature[] }
  | { kind: 'held' }
  | { kind: 'disconnecting' };

/**
 * Stores what HubSpot granted, within a transaction of the workspace. Of two installs at once the second overwrites the first, with a
 * higher version and epoch; what the first left behind is void.
 */
export async function installPortal(client: pg.PoolClient, install: PortalInstall): Promise<InstallResult> {
  const holder = await lockPortal(client, install.portalId);
  if (holder && holder.workspaceId !== install.workspaceId) return { kind: 'held' };
  if (holder?.state === 'disconnecting') return { kind: 'disconnecting' };
  const { features } = install;
  const { rows } = await client.query<{ epoch: number; created: boolean; throttle: boolean; sync: boolean }>({
    name: 'portals.install',
    text: `INSERT INTO portals AS p (portal_id, workspace_id, auth, hub_domain, scopes, access_token, refresh_token, token_expires_at,
                                     token_version, epoch, refreshed_at, used_at, throttle_enabled, sync_enabled)
           VALUES ($1, $2, 'oauth', $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 ms', 1, 1, clock_timestamp(),
                   clock_timestamp(), coalesce($8, true), coalesce($9, false))
           ON CONFLICT (portal_id) DO UPDATE
              SET auth = 'oauth', hub_domain = coalesce($3, p.hub_domain), scopes = $4, access_token = $5, refresh_token = $6,
                  token_expires_at = excluded.token_expires_at, token_version = p.token_version + 1, epoch = p.epoch + 1,
                  refreshed_at = excluded.refreshed_at, used_at = excluded.used_at, refresh_failures = 0, refresh_error = NULL,
                  refresh_not_before = NULL, throttle_enabled = coalesce($8, p.throttle_enabled),
                  sync_enabled = coalesce($9, p.sync_enabled), state = 'active', state_reason = NULL,
                  state_changed_at = clock_timestamp(), uninstall_requested = false, installed_at = clock_timestamp(),
                  updated_at = clock_timestamp()
           RETURNING epoch, xmax = 0 AS created, throttle_enabled AS throttle, sync_enabled AS sync`,
    values: [
      install.portalId,
      install.workspaceId,
      install.hubDomain,
      install.scopes,
      install.accessTokenSealed,
      install.refreshTokenSealed,
      install.expiresInMs,
      features && features.includes('throttle'),
      features && features.includes('sync'),
    ],
  });
  const stored = rows[0];
  if (!stored) throw new Error('The portal was not stored');
  const { epoch, created } = stored;
  return { kind: 'installed', epoch, created, switchedOn: FEATURES.filter((feature) => stored[feature]) };
}

/** One at a time for each portal, also where there is no row to lock yet. Returns who holds it, whichever workspace that is. */
export async function lockPortal(
  client: pg.PoolClient,
  portalId: number,
): Promise<{ workspaceId: string; state: PortalState } | undefined> {
  await client.query({
    name: 'portals.lock',
    text: `SELECT pg_advisory_xact_lock(hashtextextended('portal/' || $1::text, 0))`,
    values: [portalId],
  });
  const { rows } = await client.query<{ workspaceId: string; state: PortalState }>({
    name: 'portals.holder',
    text: `SELECT workspace_id AS "workspaceId", state FROM portal_workspaces(ARRAY[$1::bigint])`,
    values: [portalId],
  });
  return rows[0];
}

/** Undefined when the workspace has no such portal. */
export async function findPortalSettings(
  db: Queryable,
  portalId: number,
): Promise<PortalSettings | undefined> {
  const { rows } = await db.query<PortalSettings>({
    name: 'portals.settings',
    text: `SELECT portal_id::float8 AS "portalId", name, hub_domain AS "hubDomain", time_zone AS "timeZone", auth, state,
                  state_reason AS "stateReason", state_changed_at AS "stateChangedAt", epoch, scopes,
                  throttle_enabled AS "throttleEnabled", sync_enabled AS "syncEnabled", access_token IS NOT NULL AS "hasToken",
                  token_version AS "tokenVersion", token_expires_at AS "tokenExpiresAt",
                  (extract(epoch FROM token_expires_at - clock_timestamp()) * 1000)::float8 AS "tokenExpiresInMs",
                  (extract(epoch FROM clock_timestamp() - refreshed_at) * 1000)::float8 AS "tokenAgeMs",
                  refreshed_at AS "refreshedAt", refresh_failures AS "refreshFailures", refresh_error AS "refreshError",
                  installed_at AS "installedAt"
             FROM portals WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId],
  });
  return rows[0];
}

/** False when the workspace has no such portal. */
export async function setFeatures(
  db: Queryable,
  portalId: number,
  features: { readonly [F in Feature]?: boolean | undefined },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'portals.set_features',
    text: `UPDATE portals SET throttle_enabled = coalesce($2, throttle_enabled), sync_enabled = coalesce($3, sync_enabled),
                  updated_at = clock_timestamp()
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, features.throttle ?? null, features.sync ?? null],
  });
  return rowCount === 1;
}

export interface Disconnecting {
  state: 'disconnecting' | 'disconnected';
  epoch: number;
  /** False: it was asked for before. */
  changed: boolean;
}

/**
 * From here on nothing that was begun before may change the portal: its epoch has grown. Asked again, it changes nothing. Undefined when
 * the workspace has no such portal.
 */
export async function beginDisconnect(
  client: pg.PoolClient,
  portalId: number,
  { uninstall }: { uninstall: boolean },
): Promise<Disconnecting | undefined> {
  await lockPortal(client, portalId);
  const { rows } = await client.query<Disconnecting>({
    name: 'portals.begin_disconnect',
    text: `WITH before AS (SELECT state FROM portals WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) FOR UPDATE),
                changed AS (
                  UPDATE portals SET state = 'disconnecting', state_reason = 'Begun', state_changed_at = clock_timestamp(),
                         epoch = epoch + 1, uninstall_requested = $2, updated_at = clock_timestamp()
                    FROM before WHERE portal_id = $1 AND before.state NOT IN ('disconnecting', 'disconnected')
                  RETURNING portals.state, epoch)
           SELECT state, epoch, true AS changed FROM changed
           UNION ALL
           SELECT p.state, p.epoch, false FROM portals p, before
            WHERE p.portal_id = $1 AND before.state IN ('disconnecting', 'disconnected')`,
    values: [portalId, uninstall],
  });
  return rows[0];
}

export interface DisconnectPlan {
  /** False: the portal was installed or disconnected again since. */
  current: boolean;
  /** There is a token that has not expired, or one can be had. */
  canTellHubSpot: boolean;
  uninstall: boolean;
  auth: PortalSettings['auth'];
  refreshTokenSealed: string | null;
}

/** What a disconnect that was begun under this epoch has to do. */
export async function findDisconnect(
  db: Queryable,
  portalId: number,
  epoch: number,
): Promise<DisconnectPlan> {
  const { rows } = await db.query<DisconnectPlan>({
    name: 'portals.disconnect_plan',
    text: `SELECT state = 'disconnecting' AND epoch = $2 AS current, uninstall_requested AS uninstall, auth,
                  (access_token IS NOT NULL AND coalesce(token_expires_at > clock_timestamp(), true))
                    OR (refresh_token IS NOT NULL AND (refresh_error IS NULL OR refresh_error ~ '^(transient|unknown):'))
                    AS "canTellHubSpot",
                  refresh_token AS "refreshTokenSealed"
             FROM portals WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch],
  });
  const none = { current: false, canTellHubSpot: false, uninstall: false, refreshTokenSealed: null };
  return rows[0] ?? { ...none, auth: 'oauth' };
}

/** Changes a portal that is being disconnected under this epoch. False when it is not, or no longer. */
export async function advanceDisconnect(
  db: Queryable,
  portalId: number,
  epoch: number,
  to: { step: string } | { tokensRemoved: true } | { disconnected: string },
): Promise<boolean> {
  const reason = 'step' in to ? to.step : 'disconnected' in to ? to.disconnected : null;
  const { rowCount } = await db.query({
    name: 'portals.advance_disconnect',
    text: `UPDATE portals SET state = CASE WHEN $4 THEN 'disconnected' ELSE state END,
                  state_changed_at = CASE WHEN $4 THEN clock_timestamp() ELSE state_changed_at END,
                  state_reason = coalesce($3, state_reason),
                  access_token = CASE WHEN $5 THEN NULL ELSE access_token END,
                  refresh_token = CASE WHEN $5 THEN NULL ELSE refresh_token END,
                  token_expires_at = CASE WHEN $5 THEN NULL ELSE token_expires_at END,
                  token_version = token_version + $5::int, resumed_epoch = epoch, updated_at = clock_timestamp()
            WHERE portal_id = $1 AND epoch = $2 AND state = 'disconnecting' AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch, reason, 'disconnected' in to, 'tokensRemoved' in to],
  });
  return rowCount === 1;
}

/** What followed the install of this epoch is done. */
export async function noteResumed(db: Queryable, portalId: number, epoch: number): Promise<void> {
  await db.query({
    name: 'portals.resumed',
    text: `UPDATE portals SET resumed_epoch = $2
            WHERE portal_id = $1 AND epoch = $2 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, epoch],
  });
}

export async function setTimeZone(db: Queryable, portalId: number, timeZone: string): Promise<void> {
  await db.query({
    name: 'portals.time_zone',
    text: `UPDATE portals SET time_zone = $2, updated_at = clock_timestamp()
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, timeZone],
  });
}

export interface PortalLeftBehind {
  portalId: number;
  workspaceId: string;
  state: 'active' | 'disconnecting';
  epoch: number;
}

/** Installs and disconnects of any workspace that were committed longer ago than this and are not done. */
export async function portalsLeftBehind(
  db: Queryable,
  afterMs: number,
  most: number,
): Promise<PortalLeftBehind[]> {
  const { rows } = await db.query<PortalLeftBehind>({
    name: 'portals.left_behind',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId", state, epoch FROM portals_left_behind($1, $2)`,
    values: [afterMs, most],
  });
  return rows;
}
