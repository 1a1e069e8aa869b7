import type { Queryable } from '../pool.js';

/**
 * Puts events that ran dry since then back on their way, the oldest first, a bounded number at a time. They keep their ids, so none is
 * sent twice. Returns how many.
 */
export async function replayDryRun(
  db: Queryable,
  workspaceId: string,
  options: { since: Date; portalId?: number | undefined; type?: string | undefined; most: number },
): Promise<number> {
  const { rowCount } = await db.query(
    `WITH gone AS (
       DELETE FROM outbox_history WHERE (id, processed_at) IN (
         SELECT h.id, h.processed_at FROM outbox_history h
          WHERE h.workspace_id = $1 AND h.mode = 'dry' AND h.processed_at >= $2 AND ($3::bigint IS NULL OR h.portal_id = $3)
            AND ($4::text IS NULL OR h.type = $4)
          ORDER BY h.id LIMIT $5 FOR UPDATE SKIP LOCKED)
       RETURNING *
     ), portal AS (
       INSERT INTO outbox_portals AS p (portal_id, workspace_id, low_id)
       SELECT portal_id, min(workspace_id::text)::uuid, min(id) FROM gone GROUP BY portal_id ORDER BY portal_id
       ON CONFLICT (portal_id) DO UPDATE SET low_id = least(p.low_id, excluded.low_id)
     )
     INSERT INTO outbox_pending (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at)
     SELECT id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at FROM gone`,
    [workspaceId, options.since, options.portalId ?? null, options.type ?? null, options.most],
  );
  return rowCount ?? 0;
}
