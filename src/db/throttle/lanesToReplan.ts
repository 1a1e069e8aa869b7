import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { LaneId } from './lanes.js';

/*
 * Lanes whose plan does not follow from their rate and order any more. The note is committed with the change, since the
 * process that is to plan the lane anew, or to wake who is to end, may end before it has; a sweep finds what is left.
 */

/** The note of a lane as it is now; null: its plan is sound. */
export async function replanNote(pool: Pool, { workspaceId, laneId }: LaneId): Promise<string | null> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ note: string | null }>(
    'SELECT replan_since::text AS note FROM lanes WHERE id = $1',
    [laneId],
  );
  return rows[0]?.note ?? null;
}

/** The lane was planned anew after this note; a later one stays. */
export async function forgetReplanNote(
  pool: Pool,
  { workspaceId, laneId }: LaneId,
  note: string,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    'UPDATE lanes SET replan_since = NULL WHERE id = $1 AND replan_since = $2::timestamptz',
    [laneId, note],
  );
}

/** Lanes of any workspace that were to be planned anew `afterMs` ago (lanes_to_replan.sql). */
export async function lanesToReplan(db: Queryable, afterMs: number, max: number): Promise<LaneId[]> {
  const { rows } = await db.query<LaneId>(
    `SELECT workspace_id AS "workspaceId", lane_id AS "laneId" FROM lanes_to_replan($1, $2)`,
    [afterMs, max],
  );
  return rows;
}
