import type { Queryable } from '../pool.js';

const KEEP_CALL_COUNTS_DAYS = 35;

/**
 * Keeps the partitions of the log of requests in step and removes counts of requests that are long over, in all
 * workspaces. Returns how many partitions and rows changed.
 */
export async function tidyRequestRecords(db: Queryable, keepRequestLogDays: number): Promise<number> {
  const { rows } = await db.query<{ changed: number }>(
    `SELECT ensure_daily_partitions('request_log', 'at', 2, $1) + tidy_call_counts($2) AS changed`,
    [keepRequestLogDays, KEEP_CALL_COUNTS_DAYS],
  );
  return rows[0]?.changed ?? 0;
}
