import type { Queryable } from '../pool.js';

/** HubSpot repeats a call for three days and holds an execution for four weeks: after that no repeat can come. */
const KEEP_KEYS = '32 days';
const KEEP_HISTORY_DAYS = 90;
/** A rate may be edited to a longer interval: what was let go lately must still be known then. */
const KEEP_GRANTS = '1 hour';

/** Removes what no window, repeat or page can need any more; a bounded piece at a time. */
export async function tidy(db: Queryable, most: number): Promise<number> {
  const statements = [
    `DELETE FROM lane_grants WHERE id IN (
       SELECT g.id FROM lane_grants g JOIN lanes l ON l.id = g.lane_id
        WHERE g.answered_at < clock_timestamp() - greatest(interval '${KEEP_GRANTS}', l.rate_interval_ms * interval '1 millisecond') LIMIT $1)`,
    `DELETE FROM packs WHERE id IN (SELECT id FROM packs WHERE done_at < clock_timestamp() - interval '${KEEP_HISTORY_DAYS} days' LIMIT $1)`,
    `DELETE FROM execution_keys WHERE (portal_id, callback_id) IN (
       SELECT portal_id, callback_id FROM execution_keys WHERE received_at < clock_timestamp() - interval '${KEEP_KEYS}' LIMIT $1)`,
  ];
  let removed = await freeLeftBehind(db, most);
  for (const text of statements) removed += (await db.query(text, [most])).rowCount ?? 0;
  const { rows } = await db.query<{ changed: number }>(
    `SELECT ensure_daily_partitions('execution_history', 'finished_at', 2, $1) AS changed`,
    [KEEP_HISTORY_DAYS],
  );
  return removed + (rows[0]?.changed ?? 0);
}

/** Executions whose workflow has ended without them (it was terminated, or reset): they are to be started anew. */
async function freeLeftBehind(db: Queryable, most: number): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE executions SET pack_id = NULL, attempts = attempts + 1 WHERE id IN (
       SELECT e.id FROM executions e JOIN packs p ON p.id = e.pack_id WHERE p.done_at < clock_timestamp() - interval '10 seconds' LIMIT $1)`,
    [most],
  );
  return rowCount ?? 0;
}
