import type { Queryable } from '../pool.js';

/** HubSpot repeats a call for three days and holds an execution for four weeks: after that no repeat can come. */
const KEEP_KEYS_DAYS = 32;
const KEEP_HISTORY_DAYS = 90;

/**
 * Removes, in all workspaces, rows that no window, repeat or page needs any more, at most `max` of each table
 * (migrations/functions/throttle/tidy_throttle.sql), and keeps the partitions of the history in step. Returns how many
 * rows and partitions changed.
 */
export async function tidyThrottle(db: Queryable, max: number): Promise<number> {
  const { rows } = await db.query<{ changed: number }>(
    `SELECT tidy_throttle($1, make_interval(days => $2), make_interval(days => $3)) AS changed`,
    [max, KEEP_HISTORY_DAYS, KEEP_KEYS_DAYS],
  );
  const { rows: partitions } = await db.query<{ changed: number }>(
    `SELECT ensure_daily_partitions('execution_history', 'finished_at', 2, $1) AS changed`,
    [KEEP_HISTORY_DAYS],
  );
  return (rows[0]?.changed ?? 0) + (partitions[0]?.changed ?? 0);
}
