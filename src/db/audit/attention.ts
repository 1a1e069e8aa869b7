import type { Queryable } from '../pool.js';

/**
 * Whether the end of a workspace's chain is as the tables of ends and of signed heads have it: two rows by their
 * primary keys. It finds a tail that was cut and one that was written anew; the whole is read by `audit verify`.
 */
export async function chainEndHolds(db: Queryable, workspaceId: string): Promise<boolean> {
  const { rows } = await db.query<{ holds: boolean }>({
    name: 'attention.chain_end',
    text: `SELECT e.seq IS NOT DISTINCT FROM c.seq AND e.hash IS NOT DISTINCT FROM c.hash
              AND (h.seq IS NULL OR s.hash IS NOT DISTINCT FROM h.hash) AS holds
             FROM (SELECT) one
             LEFT JOIN (SELECT seq, hash FROM audit_chains WHERE workspace_id = $1) c ON true
             LEFT JOIN (SELECT seq, hash FROM audit_entries WHERE workspace_id = $1 ORDER BY seq DESC LIMIT 1) e ON true
             LEFT JOIN (SELECT seq, hash FROM audit_heads WHERE workspace_id = $1 ORDER BY seq DESC LIMIT 1) h ON true
             LEFT JOIN audit_entries s ON s.workspace_id = $1 AND s.seq = h.seq`,
    values: [workspaceId],
  });
  return rows[0]?.holds ?? true;
}
