import { PASSES } from '../../domain/sync/passes.js';
import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** Begins to mirror a portal's records of one type, or lets it go on. Due at once. False: there is no such portal. */
export async function startSync(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH passes AS (
       INSERT INTO sync_passes (workspace_id, portal_id, object_type, pass)
       SELECT workspace_id, portal_id, $3, unnest($4::text[]) FROM portals
        WHERE portal_id = $2 AND workspace_id = $1 AND state IN ('active', 'reauth_required')
       ON CONFLICT (workspace_id, portal_id, object_type, pass) DO UPDATE SET due_at = clock_timestamp())
     INSERT INTO sync_states AS s (workspace_id, portal_id, object_type)
     SELECT workspace_id, portal_id, $3 FROM portals
      WHERE portal_id = $2 AND workspace_id = $1 AND state IN ('active', 'reauth_required')
        FOR SHARE
     ON CONFLICT (workspace_id, portal_id, object_type) DO UPDATE SET
       paused_at = NULL, pause_reason = NULL, ended_at = NULL, failures_in_a_row = 0, error_class = NULL, last_error = NULL,
       due_at = clock_timestamp()`,
    [workspaceId, portalId, objectType, PASSES],
  );
  return rowCount === 1;
}

/**
 * Nothing more is read until somebody starts it again; what is being read is not written. False: it is not mirrored.
 */
export async function pauseSync(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  reason: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE sync_states SET paused_at = coalesce(paused_at, clock_timestamp()), pause_reason = $4, due_at = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType, reason],
  );
  return rowCount === 1;
}
