import { FIRST_AFTER_MS, PASSES } from '../../domain/sync/passes.js';
import type { Resync } from '../../domain/sync/cursor.js';
import { awaitSchemas } from '../crm/objectSchemas.js';
import type { Queryable } from '../pool.js';
import { BIN_DAYS } from './deletes.js';
import { associateWithNewType, chooseAssociations, resumeAssociations } from './associations.js';
import { DUE_NOW } from './passes.js';
import type { SyncedObject } from './reader.js';

/**
 * Begins to mirror a portal's records of one type, or lets it go on. Due at once. With `associations` those with these
 * types are read; with null those with all types that are mirrored. False: there is no such portal.
 */
export async function startSync(
  client: Queryable,
  object: SyncedObject,
  { associations }: { readonly associations?: readonly string[] | null | undefined } = {},
): Promise<boolean> {
  const { workspaceId, portalId, objectType } = object;
  // All rows of the portal, in one order: a move of associations waits for them so (crm_move_edges.sql).
  const { rows: known } = await client.query<{ objectType: string }>(
    `SELECT object_type AS "objectType" FROM sync_states WHERE workspace_id = $1 AND portal_id = $2
      ORDER BY object_type FOR NO KEY UPDATE`,
    [workspaceId, portalId],
  );
  // What was deleted meanwhile may be in the recycle bin no more: an audit finds it.
  await client.query(
    `UPDATE sync_passes SET ${DUE_NOW}, cursor = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND pass = 'audit'
        AND EXISTS (SELECT FROM sync_states s WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3
                       AND least(s.paused_at, s.ended_at) < clock_timestamp() - make_interval(days => $4))`,
    [workspaceId, portalId, objectType, BIN_DAYS],
  );
  const { rowCount } = await client.query(
    `WITH passes AS (
       INSERT INTO sync_passes (workspace_id, portal_id, object_type, pass, due_at)
       SELECT workspace_id, portal_id, $3, u.pass, clock_timestamp() + u.after_ms * interval '1 millisecond'
         FROM portals, unnest($4::text[], $5::bigint[]) AS u (pass, after_ms)
        WHERE portal_id = $2 AND workspace_id = $1 AND state IN ('active', 'reauth_required')
       ON CONFLICT (workspace_id, portal_id, object_type, pass) DO NOTHING)
     INSERT INTO sync_states AS s (workspace_id, portal_id, object_type)
     SELECT workspace_id, portal_id, $3 FROM portals
      WHERE portal_id = $2 AND workspace_id = $1 AND state IN ('active', 'reauth_required')
        FOR SHARE
     ON CONFLICT (workspace_id, portal_id, object_type) DO UPDATE SET
       missed_from = CASE WHEN s.paused_at IS NULL AND s.ended_at IS NULL THEN s.missed_from ELSE clock_timestamp() END,
       paused_at = NULL, pause_reason = NULL, ended_at = NULL, failures_in_a_row = 0, error_class = NULL, last_error = NULL,
       due_at = clock_timestamp()`,
    [workspaceId, portalId, objectType, PASSES, PASSES.map((pass) => FIRST_AFTER_MS[pass] ?? 0)],
  );
  if (rowCount !== 1) return false;
  await awaitSchemas(client, object);
  if (associations !== undefined) await chooseAssociations(client, object, associations);
  await resumeAssociations(client, object);
  if (!known.some((one) => one.objectType === objectType)) await associateWithNewType(client, object);
  return true;
}

/**
 * Nothing more is read until somebody starts it again; what is being read is not written. What HubSpot refused before
 * is no reason any more: a new authorisation lets nothing go on that a person has paused. False: it is not mirrored.
 */
export async function pauseSync(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  reason: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE sync_states SET paused_at = coalesce(paused_at, clock_timestamp()), pause_reason = $4, due_at = NULL,
            error_class = NULL, last_error = NULL
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
    [workspaceId, portalId, objectType, reason],
  );
  return rowCount === 1;
}

/**
 * Has records read again beside what changes. Whoever reads has lost its place by it, and what it was about to write:
 * its cursor knows nothing of this. False: it is not followed, or another resync has not ended.
 */
export async function beginResync(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  resync: Pick<Resync, 'what' | 'expected'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE sync_states s
        SET cursor = jsonb_set(s.cursor, '{resync}', $4::jsonb || jsonb_build_object(
              'version', 1, 'read', 0, 'changed', 0, 'absent', 0,
              'askedAt', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)),
            fence = s.fence + 1, lease_until = NULL, due_at = clock_timestamp()
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.cursor ->> 'kind' = 'follow'
        AND s.paused_at IS NULL AND s.ended_at IS NULL
        AND (s.cursor -> 'resync' IS NULL OR s.cursor -> 'resync' -> 'endedAt' IS NOT NULL)`,
    [workspaceId, portalId, objectType, JSON.stringify(resync)],
  );
  return rowCount === 1;
}

/** Ends a resync where it is: nothing of it is written after this has been committed. False: there is none. */
export async function endResync(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE sync_states s
        SET cursor = jsonb_set(s.cursor, '{resync}', s.cursor -> 'resync' || jsonb_build_object(
              'what', CASE WHEN s.cursor #>> '{resync,what,kind}' = 'ids' THEN jsonb_set(s.cursor #> '{resync,what}', '{ids}', '[]')
                           ELSE (s.cursor #> '{resync,what}') - '{after,repetition,walk,to}'::text[] END,
              'refused', 'It was cancelled', 'endedAt', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)),
            fence = s.fence + 1, lease_until = NULL,
            due_at = CASE WHEN s.paused_at IS NULL AND s.ended_at IS NULL THEN clock_timestamp() END
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3
        AND s.cursor -> 'resync' IS NOT NULL AND s.cursor -> 'resync' -> 'endedAt' IS NULL`,
    [workspaceId, portalId, objectType],
  );
  return rowCount === 1;
}
