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
