import type { Queryable } from '../pool.js';

/** HubSpot repeats a call for three days and holds an execution for four weeks: after that no repeat can come. */
const KEEP_KEYS_DAYS = 32;
const KEEP_HISTORY_DAYS = 90;
const KEEP_CALL_COUNTS_DAYS = 35;

/** Removes, in all workspaces, what nothing can need any more; a bounded piece at a time (migrations/functions/throttle/tidy_throttle.sql). */
export async function tidy(db: Queryable, most: number, keepRequestLogDays: number): Promise<number> {
  const { rows } = await db.query<{ changed: number }>(
    `SELECT tidy_throttle($1, make_interval(days => $2), make_interval(days => $3)) AS changed`,
    [most, KEEP_HISTORY_DAYS, KEEP_KEYS_DAYS],
  );
  const { rows: partitions } = await db.query<{ changed: number }>(
    `SELECT ensure_daily_partitions('execution_history', 'finished_at', 2, $1)
            + ensure_daily_partitions('request_log', 'at', 2, $2) + tidy_call_counts($3) AS changed`,
    [KEEP_HISTORY_DAYS, keepRequestLogDays, KEEP_CALL_COUNTS_DAYS],
  );
  return (rows[0]?.changed ?? 0) + (partitions[0]?.changed ?? 0);
}
