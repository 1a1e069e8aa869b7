import type { Queryable } from '../pool.js';

/** A type of a portal that is not read any more, or cannot be read. */
export interface TroubledSync {
  readonly portalId: number;
  readonly objectType: string;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  /** Why it could not be read last: of a type that was paused for it, too. */
  readonly lastError: string | null;
  readonly failuresInARow: number;
}

/** A type whose deletes wait for a person's word. */
export interface HeldDeletes {
  readonly portalId: number;
  readonly objectType: string;
  readonly count: number;
  readonly since: Date;
}

/** A type that HubSpot tells of, and of which polls bring what it does not. */
export interface MissingWebhooks {
  readonly portalId: number;
  readonly objectType: string;
  readonly missed: number;
}

/** A type of which some were perhaps erased for a person, and are deleted here. */
export interface UnsureErasures {
  readonly portalId: number;
  readonly objectType: string;
  readonly count: number;
  readonly since: Date;
}

/** By the index that holds those alone. */
export async function unsureErasures(
  db: Queryable,
  workspaceId: string,
  things: number,
): Promise<UnsureErasures[]> {
  const { rows } = await db.query<UnsureErasures>({
    name: 'attention.unsure_erasures',
    text: `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", cardinality(erasures_unsure) AS count,
                  erasures_unsure_from AS since
             FROM sync_states WHERE workspace_id = $1 AND erasures_unsure <> '{}' AND ended_at IS NULL
            ORDER BY portal_id, object_type LIMIT $2`,
    values: [workspaceId, things],
  });
  return rows;
}

/** Where so many changes were missed since HubSpot has last told of any; by the index that holds those alone. */
export async function missingWebhooks(
  db: Queryable,
  workspaceId: string,
  { things, missed }: { readonly things: number; readonly missed: number },
): Promise<MissingWebhooks[]> {
  const { rows } = await db.query<MissingWebhooks>({
    name: 'attention.missing_webhooks',
    text: `SELECT s.portal_id::float8 AS "portalId", s.object_type AS "objectType", s.missed_in_a_row::float8 AS missed
             FROM sync_states s
            WHERE s.workspace_id = $1 AND s.missed_in_a_row > 0 AND s.missed_in_a_row >= $3 AND s.ended_at IS NULL
              AND (s.told_since IS NOT NULL
                   OR (SELECT c.last_received_at > now() - interval '7 days' FROM webhook_counts c
                        WHERE c.workspace_id = s.workspace_id AND c.portal_id = s.portal_id AND c.object_type = s.object_type))
            ORDER BY s.portal_id, s.object_type LIMIT $2`,
    values: [workspaceId, things, missed],
  });
  return rows;
}

/** By the index that holds those alone. */
export async function heldDeletes(
  db: Queryable,
  workspaceId: string,
  things: number,
): Promise<HeldDeletes[]> {
  const { rows } = await db.query<HeldDeletes>({
    name: 'attention.held_deletes',
    text: `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", deletes_held AS count, deletes_held_at AS since
             FROM sync_states WHERE workspace_id = $1 AND deletes_held_at IS NOT NULL AND ended_at IS NULL
            ORDER BY portal_id, object_type LIMIT $2`,
    values: [workspaceId, things],
  });
  return rows;
}

/** Types that are paused, or failed as often in a row as `failures` says; by the index that holds those alone. */
export async function troubledSyncs(
  db: Queryable,
  workspaceId: string,
  { things, failures }: { readonly things: number; readonly failures: number },
): Promise<TroubledSync[]> {
  const { rows } = await db.query<TroubledSync>({
    name: 'attention.troubled_syncs',
    text: `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", paused_at AS "pausedAt",
                  pause_reason AS "pauseReason", last_error AS "lastError", failures_in_a_row AS "failuresInARow"
             FROM sync_states
            WHERE workspace_id = $1 AND (paused_at IS NOT NULL OR failures_in_a_row > 0) AND ended_at IS NULL
              AND (paused_at IS NOT NULL OR failures_in_a_row >= $3)
            ORDER BY portal_id, object_type LIMIT $2`,
    values: [workspaceId, things, failures],
  });
  return rows;
}
