import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

/** A portal that somebody has to look at, with what may be wrong of it. */
export interface TroubledPortal {
  readonly portalId: number;
  readonly name: string | null;
  readonly state: PortalState;
  readonly stateReason: string | null;
  readonly stateChangedAt: Date;
  readonly refreshFailures: number;
  readonly refreshError: string | null;
  readonly refreshedAt: Date | null;
  readonly tokenExpiresAt: Date | null;
  readonly scopes: string[];
  readonly throttleEnabled: boolean;
  readonly syncEnabled: boolean;
  readonly eventsEnabled: boolean;
  readonly auth: string;
  /** The breaker opened so often in a row, and was open within the last ten minutes. */
  readonly breakerOpens: number;
  /** HubSpot has asked for it, for longer than a minute from now. */
  readonly blockedUntil: Date | null;
  readonly blockedReason: string | null;
  /** Of the portal's day. */
  readonly calls: number;
  readonly errors: number;
  /** HubSpot's limit for a day that has not ended. */
  readonly dayLimit: number | null;
  readonly dayUsed: number | null;
  readonly dayEndsAt: Date | null;
}

const RINGS: readonly (Bucket | 'portal')[] = ['portal', 'ten_secondly', 'search', 'associations', 'oauth'];
/** A token that could not be refreshed so often in a row is one that does not come by itself. */
const FAILURES = 3;

/**
 * The portals of a workspace of which anything is wrong, by number. `scopesOf`: what each feature needs of those that
 * were installed by OAuth. `errorShare`: from which share of errors on calls wait, once there were `minCalls`.
 * `dayShare`: from which share of HubSpot's limit on the day is nearly used up.
 */
export async function troubledPortals(
  db: Queryable,
  workspaceId: string,
  wanted: {
    readonly things: number;
    readonly scopesOf: { readonly throttle: readonly string[]; readonly records: readonly string[] };
    readonly errorShare: number;
    readonly minCalls: number;
    readonly dayShare: number;
  },
): Promise<TroubledPortal[]> {
  const { rows } = await db.query<TroubledPortal>({
    name: 'attention.portals',
    text: `SELECT p.portal_id::float8 AS "portalId", p.name, p.state, p.state_reason AS "stateReason",
                  p.state_changed_at AS "stateChangedAt", p.refresh_failures AS "refreshFailures",
                  p.refresh_error AS "refreshError", p.refreshed_at AS "refreshedAt", p.token_expires_at AS "tokenExpiresAt",
                  p.scopes, p.auth, p.throttle_enabled AS "throttleEnabled", p.sync_enabled AS "syncEnabled",
                  p.events_enabled AS "eventsEnabled", coalesce(b.opens, 0) AS "breakerOpens", r.blocked_until AS "blockedUntil",
                  r.blocked_reason AS "blockedReason", coalesce(c.calls, 0) AS calls, coalesce(c.errors, 0) AS errors,
                  d.day_limit AS "dayLimit", d.day_used AS "dayUsed", d.day_ends_at AS "dayEndsAt"
             FROM portals p
             LEFT JOIN LATERAL (
               SELECT g.breaker_opens AS opens FROM budget_rings g
                WHERE g.portal_id = p.portal_id AND g.ring = 'portal' AND g.breaker_opens > 0
                  AND g.blocked_until > now() - interval '10 minutes') b ON true
             LEFT JOIN LATERAL (
               SELECT g.blocked_until, g.blocked_reason FROM budget_rings g
                WHERE g.portal_id = p.portal_id AND g.ring = ANY ($8) AND g.blocked_until > now() + interval '1 minute'
                  AND g.blocked_reason IS DISTINCT FROM 'breaker'
                ORDER BY g.blocked_until DESC LIMIT 1) r ON true
             LEFT JOIN LATERAL (
               SELECT p.day_limit, p.day_used, p.day_ends_at
                WHERE p.day_ends_at > now() AND p.day_used >= $9::float8 * p.day_limit) d ON true
             LEFT JOIN call_counts c ON c.portal_id = p.portal_id AND c.day = (now() AT TIME ZONE p.time_zone)::date
            WHERE p.workspace_id = $1 AND (
                  p.state = 'reauth_required'
               OR p.state = 'disconnecting' AND p.state_changed_at < now() - interval '1 hour'
               OR p.state = 'active' AND (
                    p.refresh_failures >= $2
                 OR p.auth = 'oauth' AND p.throttle_enabled AND NOT p.scopes @> $3::text[]
                 OR p.auth = 'oauth' AND (p.sync_enabled OR p.events_enabled) AND NOT p.scopes @> $4::text[]
                 OR b.opens IS NOT NULL OR r.blocked_until IS NOT NULL
                 OR d.day_limit IS NOT NULL
                 OR c.calls >= $5 AND c.errors >= $6::float8 * c.calls))
            ORDER BY p.portal_id LIMIT $7`,
    values: [
      workspaceId,
      FAILURES,
      wanted.scopesOf.throttle,
      wanted.scopesOf.records,
      wanted.minCalls,
      wanted.errorShare,
      wanted.things,
      RINGS,
      wanted.dayShare,
    ],
  });
  return rows;
}

/** How many portals of a workspace are in each state. */
export async function portalsByState(
  db: Queryable,
  workspaceId: string,
): Promise<Record<PortalState, number>> {
  const { rows } = await db.query<Record<PortalState, number>>({
    name: 'attention.portals_by_state',
    text: `SELECT (count(*) FILTER (WHERE state = 'active'))::int AS active,
                  (count(*) FILTER (WHERE state = 'reauth_required'))::int AS reauth_required,
                  (count(*) FILTER (WHERE state = 'disconnecting'))::int AS disconnecting,
                  (count(*) FILTER (WHERE state = 'disconnected'))::int AS disconnected
             FROM portals WHERE workspace_id = $1`,
    values: [workspaceId],
  });
  return rows[0] ?? { active: 0, reauth_required: 0, disconnecting: 0, disconnected: 0 };
}
