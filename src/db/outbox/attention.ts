import type { Queryable } from '../pool.js';

/*
 * What an operator has to know of events. Every statement reads a bounded number of rows of the workspace, by an index
 * (src/db/throttle/attention.ts).
 */

const OLDEST = 1000;
const NEWEST = 1000;
/** A portal has few deliveries at a time. */
const CLAIMS = 1000;

export interface HeldPortal {
  readonly portalId: number;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  readonly circuitOpenUntil: Date | null;
  readonly failuresInARow: number;
  readonly waiting: number;
}

/** Portals whose deliveries were paused, or have stopped as they failed in a row, and for which something waits. */
export async function heldPortals(
  db: Queryable,
  workspaceId: string,
  bounds: { readonly things: number; readonly counted: number },
): Promise<HeldPortal[]> {
  const { rows } = await db.query<HeldPortal>({
    name: 'attention.held_portals',
    text: `SELECT o.portal_id::float8 AS "portalId", o.paused_at AS "pausedAt", o.pause_reason AS "pauseReason",
                  CASE WHEN o.circuit_open_until > now() THEN o.circuit_open_until END AS "circuitOpenUntil",
                  o.failures_in_a_row AS "failuresInARow", w.waiting
             FROM portals p JOIN outbox_portals o ON o.portal_id = p.portal_id, LATERAL (
               SELECT count(*)::int AS waiting FROM (
                 (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 0 LIMIT $3) UNION ALL
                 (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 1 LIMIT $3) UNION ALL
                 (SELECT FROM outbox_pending e WHERE e.portal_id = p.portal_id AND e.state = 2 LIMIT $3)) c) w
            WHERE p.workspace_id = $1 AND (o.paused_at IS NOT NULL OR o.circuit_open_until > now()) AND w.waiting > 0
            ORDER BY p.portal_id LIMIT $2`,
    values: [workspaceId, bounds.things, bounds.counted],
  });
  return rows;
}

export interface LatePortal {
  readonly portalId: number;
  /** Ready for more than ten minutes, with nothing in the way that is known. */
  readonly behind: number;
  readonly behindSince: Date | null;
  readonly unclear: number;
  readonly unclearSince: Date | null;
  /** Of the newest of them, as it is stored: masked. */
  readonly unclearError: string | null;
  readonly conflict: number;
  readonly conflictSince: Date | null;
}

/** Portals whose events do not go on, among the oldest that wait. */
export async function latePortals(db: Queryable, workspaceId: string, things: number): Promise<LatePortal[]> {
  const { rows } = await db.query<LatePortal>({
    name: 'attention.late_portals',
    text: `WITH oldest AS (
             SELECT e.id, e.portal_id, e.captured_at, e.error_class, e.last_error,
                    e.state = 0 AND e.captured_at < now() - interval '10 minutes' AS behind
               FROM outbox_pending e WHERE e.workspace_id = $1 ORDER BY e.id LIMIT $3
           ), late AS (
             SELECT portal_id, count(*) FILTER (WHERE behind) AS behind, min(captured_at) FILTER (WHERE behind) AS behind_since,
                    count(*) FILTER (WHERE error_class = 'unclear') AS unclear,
                    min(captured_at) FILTER (WHERE error_class = 'unclear') AS unclear_since,
                    left((array_agg(last_error ORDER BY id DESC) FILTER (WHERE error_class = 'unclear'))[1], 200) AS unclear_error,
                    count(*) FILTER (WHERE error_class = 'conflict') AS conflict,
                    min(captured_at) FILTER (WHERE error_class = 'conflict') AS conflict_since
               FROM oldest GROUP BY portal_id)
           SELECT x.portal_id::float8 AS "portalId", f.behind::int, x.behind_since AS "behindSince", x.unclear::int,
                  x.unclear_since AS "unclearSince", x.unclear_error AS "unclearError", x.conflict::int, x.conflict_since AS "conflictSince"
             FROM late x LEFT JOIN portals p ON p.portal_id = x.portal_id LEFT JOIN outbox_portals o ON o.portal_id = x.portal_id,
             LATERAL (SELECT CASE WHEN p.state = 'active' AND o.paused_at IS NULL
                                   AND (o.circuit_open_until IS NULL OR o.circuit_open_until <= now())
                                  THEN x.behind ELSE 0 END AS behind) f
            WHERE f.behind > 0 OR x.unclear > 0 OR x.conflict > 0
            ORDER BY x.portal_id LIMIT $2`,
    values: [workspaceId, things, OLDEST],
  });
  return rows;
}

export interface DeadOfPortal {
  /** Null: no portal could be found for them. */
  readonly portalId: number | null;
  readonly dead: number;
  readonly invalid: number;
  readonly since: Date;
  readonly type: string;
}

/** Dead letters by portal, among the newest, with the type of the newest. */
export async function deadByPortal(
  db: Queryable,
  workspaceId: string,
  bounds: { readonly things: number; readonly counted: number },
): Promise<DeadOfPortal[]> {
  const { rows } = await db.query<DeadOfPortal>({
    name: 'attention.dead_letters',
    text: `SELECT portal_id::float8 AS "portalId", least(count(*) FILTER (WHERE state = 'dead'), $3)::int AS dead,
                  least(count(*) FILTER (WHERE state = 'invalid'), $3)::int AS invalid, min(died_at) AS since,
                  left((array_agg(type ORDER BY id DESC))[1], 100) AS type
             FROM (SELECT d.id, d.portal_id, d.state, d.died_at, d.type FROM outbox_dead d
                    WHERE d.workspace_id = $1 ORDER BY d.id DESC LIMIT $4) newest
            WHERE state <> 'discarded'
            GROUP BY portal_id ORDER BY portal_id NULLS LAST LIMIT $2`,
    values: [workspaceId, bounds.things, bounds.counted, NEWEST],
  });
  return rows;
}

export interface FailedRedrive {
  readonly id: string;
  readonly endedAt: Date | null;
  readonly moved: number;
  readonly total: number;
}

/** Redrives that have failed within a week. */
export async function failedRedrives(
  db: Queryable,
  workspaceId: string,
  things: number,
): Promise<FailedRedrive[]> {
  const { rows } = await db.query<FailedRedrive>({
    name: 'attention.failed_redrives',
    text: `SELECT id, ended_at AS "endedAt", moved, total
             FROM (SELECT * FROM outbox_redrives r WHERE r.workspace_id = $1 AND r.created_at > now() - interval '7 days'
                    ORDER BY r.created_at DESC LIMIT $3) newest
            WHERE state = 'failed' ORDER BY created_at DESC LIMIT $2`,
    values: [workspaceId, things, OLDEST],
  });
  return rows;
}

/** What waits, is being sent, and is dead; each count stops at `counted`. */
export async function outboxCounts(
  db: Queryable,
  workspaceId: string,
  counted: number,
): Promise<{ waiting: number; sending: number; failed: number }> {
  const { rows } = await db.query<{ waiting: number; sending: number; failed: number }>({
    name: 'attention.outbox_counts',
    text: `SELECT greatest(p.waiting - s.sending, 0)::int AS waiting, least(s.sending, $2)::int AS sending, d.failed
             FROM (SELECT count(*) AS waiting FROM (
                     SELECT FROM outbox_pending e WHERE e.workspace_id = $1 LIMIT $2) c) p,
                  (SELECT coalesce(sum(cardinality(event_ids)), 0) AS sending FROM (
                     SELECT c.event_ids FROM portals o JOIN outbox_claims c ON c.portal_id = o.portal_id
                      WHERE o.workspace_id = $1 LIMIT $4) c) s,
                  (SELECT least(count(*) FILTER (WHERE state <> 'discarded'), $2)::int AS failed FROM (
                     SELECT x.state FROM outbox_dead x WHERE x.workspace_id = $1 ORDER BY x.id DESC LIMIT $3) c) d`,
    values: [workspaceId, counted, NEWEST, CLAIMS],
  });
  return rows[0] ?? { waiting: 0, sending: 0, failed: 0 };
}
