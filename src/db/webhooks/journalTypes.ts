import type { Queryable } from '../pool.js';

/** Of a workspace's mirrored types those that HubSpot tells of by the webhooks journal, and those that are searched. */
export async function journalTypes(
  db: Queryable,
  workspaceId: string,
): Promise<{ readonly told: number; readonly polled: number }> {
  const { rows } = await db.query<{ told: number; polled: number }>({
    name: 'webhooks.journal_types',
    text: `SELECT count(*) FILTER (WHERE told_since IS NOT NULL)::int AS told, count(*) FILTER (WHERE told_since IS NULL)::int AS polled
             FROM sync_states WHERE workspace_id = $1 AND paused_at IS NULL AND ended_at IS NULL`,
    values: [workspaceId],
  });
  return rows[0] ?? { told: 0, polled: 0 };
}
