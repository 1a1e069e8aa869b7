import type { Feature } from '../../domain/portals/features.js';
import type { PortalAuth, PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

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
  eventsEnabled: boolean;
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

/** Undefined when the workspace has no such portal. */
export async function findPortalSettings(
  db: Queryable,
  portalId: number,
): Promise<PortalSettings | undefined> {
  const { rows } = await db.query<PortalSettings>({
    name: 'portals.settings',
    text: `SELECT portal_id::float8 AS "portalId", name, hub_domain AS "hubDomain", time_zone AS "timeZone", auth,
                  state, state_reason AS "stateReason", state_changed_at AS "stateChangedAt", epoch, scopes,
                  throttle_enabled AS "throttleEnabled", sync_enabled AS "syncEnabled",
                  events_enabled AS "eventsEnabled",
                  access_token IS NOT NULL AS "hasToken",
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
    text: `UPDATE portals
              SET throttle_enabled = coalesce($2, throttle_enabled), sync_enabled = coalesce($3, sync_enabled),
                  events_enabled = coalesce($4, events_enabled),
                  updated_at = clock_timestamp()
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, features.throttle ?? null, features.sync ?? null, features.events ?? null],
  });
  return rowCount === 1;
}

export async function setTimeZone(db: Queryable, portalId: number, timeZone: string): Promise<void> {
  await db.query({
    name: 'portals.time_zone',
    text: `UPDATE portals SET time_zone = $2, updated_at = clock_timestamp()
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, timeZone],
  });
}
