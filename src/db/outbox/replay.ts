import type { Queryable } from '../pool.js';
import type { DeadLetterGroup } from './deadLetters.js';

/** Events that ran dry: all that are given must hold. */
export interface DryRunFilter {
  readonly since: Date;
  readonly portalId?: number | undefined;
  readonly type?: string | undefined;
  /** Only those with a greater id. */
  readonly afterId?: string | undefined;
}

const MATCHES = `h.workspace_id = $1 AND h.mode = 'dry' AND h.processed_at >= $2 AND ($3::bigint IS NULL OR h.portal_id = $3)
   AND ($4::text IS NULL OR h.type = $4) AND ($5::bigint IS NULL OR h.id > $5)`;

const values = (workspaceId: string, { since, portalId, type, afterId }: DryRunFilter): unknown[] => [
  workspaceId,
  since,
  portalId ?? null,
  type ?? null,
  afterId ?? null,
];

export async function countDryRun(
  db: Queryable,
  workspaceId: string,
  filter: DryRunFilter,
): Promise<DeadLetterGroup[]> {
  const { rows } = await db.query<DeadLetterGroup>(
    `SELECT h.portal_id::float8 AS "portalId", h.type, NULL AS "errorClass", count(*)::int AS count
       FROM outbox_history h WHERE ${MATCHES} GROUP BY 1, 2 ORDER BY 1, 2`,
    values(workspaceId, filter),
  );
  return rows;
}

/**
 * Puts events that ran dry back on their way, the oldest first, a bounded number at a time. They keep their ids, so
 * none is sent twice. Returns them.
 */
export async function replayDryRun(
  db: Queryable,
  workspaceId: string,
  filter: DryRunFilter,
  max: number,
): Promise<{ id: string; portalId: number }[]> {
  const { rows } = await db.query<{ id: string; portalId: number }>(
    `WITH gone AS (
       DELETE FROM outbox_history WHERE (workspace_id, id, processed_at) IN (
         SELECT h.workspace_id, h.id, h.processed_at FROM outbox_history h
          WHERE ${MATCHES}
          ORDER BY h.id LIMIT $6 FOR UPDATE SKIP LOCKED)
       RETURNING *
     ), portal AS (
       INSERT INTO outbox_portals AS p (portal_id, workspace_id, low_id)
       SELECT portal_id, min(workspace_id::text)::uuid, min(id) FROM gone GROUP BY portal_id ORDER BY portal_id
       ON CONFLICT (portal_id) DO UPDATE SET low_id = least(p.low_id, excluded.low_id)
     )
     INSERT INTO outbox_pending (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, bytes)
     SELECT id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, octet_length(payload::text) FROM gone
     RETURNING id, portal_id::float8 AS "portalId"`,
    [...values(workspaceId, filter), max],
  );
  return rows;
}
