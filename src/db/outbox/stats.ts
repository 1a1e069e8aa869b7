import type { Queryable } from '../pool.js';

/** Counts of the outbox of a workspace, or of one of its portals. */
export interface OutboxStats {
  /** Pending, being sent, retrying or held. */
  readonly unprocessed: number;
  readonly oldestMs: number | null;
  readonly retrying: number;
  readonly held: number;
  readonly dead: number;
  readonly invalid: number;
  readonly processedLastMinute: number;
  /** Of these, events of which a custom event was delivered by its fallback. */
  readonly fallbacksLastMinute: number;
  readonly failedByClass: Readonly<Record<string, number>>;
}

export async function outboxStats(
  db: Queryable,
  workspaceId: string,
  portalId: number | null,
): Promise<OutboxStats> {
  const { rows } = await db.query<OutboxStats>(
    `SELECT p.unprocessed, p."oldestMs", p.retrying, p.held, d.dead, d.invalid, h."processedLastMinute", h."fallbacksLastMinute", f."failedByClass"
       FROM (SELECT count(*)::int AS unprocessed, (extract(epoch FROM clock_timestamp() - min(captured_at)) * 1000)::float8 AS "oldestMs",
                    (count(*) FILTER (WHERE state = 1))::int AS retrying, (count(*) FILTER (WHERE state = 2))::int AS held
               FROM outbox_pending WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2)) p,
            (SELECT (count(*) FILTER (WHERE state = 'dead'))::int AS dead, (count(*) FILTER (WHERE state = 'invalid'))::int AS invalid
               FROM outbox_dead WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2)) d,
            (SELECT count(*)::int AS "processedLastMinute",
                    (count(*) FILTER (WHERE jsonb_path_exists(effects, '$.*.fallback')))::int AS "fallbacksLastMinute" FROM outbox_history
              WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) AND processed_at > now() - interval '1 minute') h,
            (SELECT coalesce(jsonb_object_agg(error_class, n), '{}') AS "failedByClass" FROM (
               SELECT error_class, count(*)::int AS n FROM outbox_dead
                WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) AND state <> 'discarded' AND error_class IS NOT NULL
                GROUP BY error_class) c) f`,
    [workspaceId, portalId],
  );
  if (!rows[0]) throw new Error('The statistics of the outbox cannot be read');
  return rows[0];
}

/** Counts of all workspaces together, for metrics. They stop at `max`. */
export interface TotalOutboxStats {
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly dead: number;
  readonly invalid: number;
  readonly circuitsOpen: number;
}

export async function totalOutboxStats(db: Queryable, max: number): Promise<TotalOutboxStats> {
  const { rows } = await db.query<TotalOutboxStats>(
    `SELECT waiting::float8, oldest_seconds AS "oldestSeconds", dead::float8, invalid::float8, circuits_open::float8 AS "circuitsOpen" FROM outbox_stats($1)`,
    [max],
  );
  return rows[0] ?? { waiting: 0, oldestSeconds: 0, dead: 0, invalid: 0, circuitsOpen: 0 };
}
