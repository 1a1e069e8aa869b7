import type { Pool, Queryable } from '../pool.js';

/** How consumers of all workspaces stand. */
export interface ConsumersStanding {
  readonly consumers: number;
  readonly behind: number;
  readonly failing: number;
  readonly unreadSeconds: number;
}

export async function consumersStanding(pool: Pool): Promise<ConsumersStanding> {
  const { rows } = await pool.query<ConsumersStanding>(
    'SELECT consumers, behind, failing, unread_seconds AS "unreadSeconds" FROM consumers_standing()',
  );
  return rows[0] ?? { consumers: 0, behind: 0, failing: 0, unreadSeconds: 0 };
}

/**
 * Watches the oldest transaction that runs: for how many seconds it has been the same one. Nobody needs a right to see
 * the sessions of others for that; a process that is new begins to count when it first looks.
 */
export function watchFeedHeld(pool: Pool): () => Promise<number> {
  let seen: { readonly oldest: string; readonly at: number } | undefined;
  return async () => {
    const { rows } = await pool.query<{ oldest: string; runs: boolean; at: number }>(
      `SELECT pg_snapshot_xmin(s)::text AS oldest, pg_snapshot_xmin(s) < pg_snapshot_xmax(s) AS runs,
              extract(epoch FROM clock_timestamp())::float8 AS at FROM pg_current_snapshot() s`,
    );
    const [now] = rows;
    if (!now?.runs) {
      seen = undefined;
      return 0;
    }
    if (seen?.oldest !== now.oldest) seen = { oldest: now.oldest, at: now.at };
    return now.at - seen.at;
  };
}

/** What the feed of a workspace waits for. */
export interface FeedHeld {
  /** When the first change was recorded that is not shown yet. */
  readonly since: Date;
  /** Who has the oldest transaction that runs, as far as this login may see it. */
  readonly holder: string | null;
}

/** Undefined: nothing has waited for so long. */
export async function feedHeld(
  db: Queryable,
  workspaceId: string,
  longerThanSeconds: number,
): Promise<FeedHeld | undefined> {
  const { rows } = await db.query<FeedHeld>({
    name: 'attention.feed_held',
    text: `SELECT f.since,
                  coalesce((SELECT format('the session %s of %s (%s, %s)', a.pid, coalesce(a.usename, '?'),
                                          coalesce(nullif(a.application_name, ''), 'no name'), a.datname)
                     FROM pg_stat_activity a WHERE a.backend_xid = pg_snapshot_xmin(pg_current_snapshot())::xid LIMIT 1),
                    (SELECT format('the prepared transaction %s of %s', p.gid, p.owner) FROM pg_prepared_xacts p
                      WHERE p.transaction = pg_snapshot_xmin(pg_current_snapshot())::xid LIMIT 1)) AS holder
             FROM (SELECT recorded_at AS since FROM crm_changes
                    WHERE workspace_id = $1 AND generation = (SELECT count(*) FROM installations)::smallint
                      AND transaction_id >= pg_snapshot_xmin(pg_current_snapshot())
                    ORDER BY generation, transaction_id, id LIMIT 1) f
            WHERE f.since < now() - $2 * interval '1 second'`,
    values: [workspaceId, longerThanSeconds],
  });
  return rows[0];
}
