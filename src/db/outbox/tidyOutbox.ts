import type { Queryable } from '../pool.js';

/**
 * Removes, in all workspaces, what is older than it is kept (migrations/functions/outbox/tidy_outbox.sql), and makes
 * the partitions of the next days.
 */
export async function tidyOutbox(db: Queryable, max: number, keepDays: number): Promise<number> {
  const { rows } = await db.query<{ changed: number }>(
    `SELECT tidy_outbox($1, $2) + ensure_daily_partitions('outbox_history', 'processed_at', 2, $2) AS changed`,
    [max, keepDays],
  );
  return rows[0]?.changed ?? 0;
}
