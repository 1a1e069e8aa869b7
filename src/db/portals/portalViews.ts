import type { PortalAuth, PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

/** A portal as people see it: no secrets. */
export interface PortalView {
  portalId: number;
  name: string | null;
  hubDomain: string | null;
  state: PortalState;
  stateReason: string | null;
  stateChangedAt: Date;
  timeZone: string;
  auth: PortalAuth;
  scopes: string[];
  token: {
    /** Null: it does not expire, or there is none. */
    expiresAt: Date | null;
    refreshedAt: Date | null;
    ageMs: number | null;
    refreshFailures: number;
    refreshError: string | null;
  };
  throttleEnabled: boolean;
  syncEnabled: boolean;
  eventsEnabled: boolean;
  /** When HubSpot said that the token is this account's; null: nobody has proved it. */
  verifiedAt: Date | null;
  installedAt: Date;
  updatedAt: Date;
}

type Row = Omit<PortalView, 'token'> & PortalView['token'];

const COLUMNS = `portal_id::float8 AS "portalId", name, hub_domain AS "hubDomain", state, state_reason AS "stateReason",
  state_changed_at AS "stateChangedAt", time_zone AS "timeZone", auth, scopes, token_expires_at AS "expiresAt",
  refreshed_at AS "refreshedAt", (extract(epoch FROM clock_timestamp() - refreshed_at) * 1000)::float8 AS "ageMs",
  refresh_failures AS "refreshFailures", refresh_error AS "refreshError", throttle_enabled AS "throttleEnabled",
  sync_enabled AS "syncEnabled", events_enabled AS "eventsEnabled",
  verified_at AS "verifiedAt", installed_at AS "installedAt", updated_at AS "updatedAt"`;

/** The portals that `db` sees, by number. */
export async function listPortalViews(
  db: Queryable,
  page: { after?: number | undefined; limit: number },
): Promise<PortalView[]> {
  const { rows } = await db.query<Row>({
    name: 'portal_views.list',
    text: `SELECT ${COLUMNS} FROM portals WHERE workspace_id = ANY (tenant_workspaces()) AND portal_id > $1
             ORDER BY portal_id LIMIT $2`,
    values: [page.after ?? 0, page.limit],
  });
  return rows.map(toView);
}

export async function findPortalView(db: Queryable, portalId: number): Promise<PortalView | undefined> {
  const { rows } = await db.query<Row>({
    name: 'portal_views.find',
    text: `SELECT ${COLUMNS} FROM portals WHERE workspace_id = ANY (tenant_workspaces()) AND portal_id = $1`,
    values: [portalId],
  });
  return rows[0] && toView(rows[0]);
}

function toView({
  expiresAt,
  refreshedAt,
  ageMs,
  refreshFailures,
  refreshError,
  ...portal
}: Row): PortalView {
  const age = ageMs === null ? null : Math.max(0, Math.round(ageMs));
  return { ...portal, token: { expiresAt, refreshedAt, ageMs: age, refreshFailures, refreshError } };
}
