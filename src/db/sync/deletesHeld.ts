import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** What a person says of deletes that wait: they are told of, or the records stay in the mirror. */
export const DELETE_DECISIONS = ['release', 'refuse'] as const;
export type DeleteDecision = (typeof DELETE_DECISIONS)[number];

/**
 * Holds for what HubSpot has deleted up to now; the next round over the recycle bin, which is due at once, goes by it,
 * and an audit, where that has found some of them.
 * False: no deletes wait there.
 */
export async function decideOnDeletes(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  decision: DeleteDecision,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH held AS (
       SELECT deletes_vanished > 0 AS by_audit FROM sync_states
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND deletes_held_at IS NOT NULL FOR NO KEY UPDATE), decided AS (
       UPDATE sync_states
          SET deletes_held_at = NULL, deletes_held = 0, deletes_counted = 0, deletes_vanished = 0,
              deletes_released_until = CASE WHEN $4 = 'release' THEN clock_timestamp() ELSE deletes_released_until END,
              deletes_refused_until = CASE WHEN $4 = 'refuse' THEN clock_timestamp() END
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND EXISTS (SELECT FROM held)
       RETURNING 1), due AS (
       UPDATE sync_passes SET due_at = clock_timestamp()
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3
          AND (pass = 'archived' AND EXISTS (SELECT FROM decided) OR pass = 'audit' AND EXISTS (SELECT FROM held WHERE by_audit)))
     SELECT FROM decided`,
    [workspaceId, portalId, objectType, decision],
  );
  return rowCount === 1;
}
