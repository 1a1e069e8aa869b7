import type { PortalId } from '../../domain/portals/portal.js';
import { awaitSchemas, endSchemas } from '../crm/objectSchemas.js';
import type { Pool, Queryable } from '../pool.js';
import { inWorkspace } from '../tenant.js';
import { resumeAssociations } from './associations.js';

/*
 * Rows of a portal's types are locked in the order of their names, as by all who need more than one of them
 * (migrations/functions/sync/sync_holds_place.sql).
 */

/**
 * A portal is in use again: what was mirrored of it goes on where it was, also what lacked a scope, all in one
 * transaction. Returns how many types of objects that are.
 */
export function resumeSyncs(pool: Pool, { workspaceId, portalId }: PortalId): Promise<number> {
  return inWorkspace(pool, workspaceId, async (client) => {
    await client.query(
      `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 ORDER BY object_type FOR NO KEY UPDATE`,
      [workspaceId, portalId],
    );
    await resumeAssociations(client, { workspaceId, portalId });
    await awaitSchemas(client, { workspaceId, portalId });
    const { rowCount } = await client.query(
      `UPDATE sync_states s
          SET missed_from = CASE WHEN s.paused_at IS NULL AND s.ended_at IS NULL THEN s.missed_from ELSE clock_timestamp() END,
              ended_at = NULL, paused_at = CASE WHEN o.granted THEN NULL ELSE s.paused_at END,
              pause_reason = CASE WHEN o.granted THEN NULL ELSE s.pause_reason END,
              due_at = CASE WHEN o.granted OR s.paused_at IS NULL THEN clock_timestamp() END
         FROM (SELECT object_type, error_class IS NOT DISTINCT FROM 'forbidden' AS granted FROM sync_states
                WHERE workspace_id = $1 AND portal_id = $2) o
        WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = o.object_type
          AND (o.granted OR s.ended_at IS NOT NULL OR s.due_at IS NOT NULL)`,
      [workspaceId, portalId],
    );
    return rowCount ?? 0;
  });
}

/** A portal goes: nothing of it is read any more, and its mirror is removed some time after. Safe to repeat. */
export function endSyncs(pool: Pool, { workspaceId, portalId }: PortalId): Promise<number> {
  return inWorkspace(pool, workspaceId, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE sync_states s SET ended_at = clock_timestamp(), due_at = NULL
         FROM (SELECT object_type FROM sync_states
                WHERE workspace_id = $1 AND portal_id = $2 AND ended_at IS NULL ORDER BY object_type FOR NO KEY UPDATE) o
        WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = o.object_type`,
      [workspaceId, portalId],
    );
    await endSchemas(client, { workspaceId, portalId });
    return rowCount ?? 0;
  });
}

/** Pauses the types that a portal has archived, each with its reason: those that are read, or were not found there. */
export async function pauseArchived(
  client: Queryable,
  { workspaceId, portalId }: PortalId,
  reasons: ReadonlyMap<string, string>,
): Promise<void> {
  if (reasons.size === 0) return;
  // In one order, as all that take several rows of a portal.
  await client.query(
    `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = ANY ($3)
      ORDER BY object_type FOR NO KEY UPDATE`,
    [workspaceId, portalId, [...reasons.keys()]],
  );
  await client.query(
    `UPDATE sync_states s SET paused_at = coalesce(s.paused_at, clock_timestamp()), pause_reason = $4::jsonb ->> s.object_type, due_at = NULL
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = ANY ($3) AND s.ended_at IS NULL
        AND (s.paused_at IS NULL OR s.error_class = 'unknown_object')`,
    [workspaceId, portalId, [...reasons.keys()], JSON.stringify(Object.fromEntries(reasons))],
  );
}
