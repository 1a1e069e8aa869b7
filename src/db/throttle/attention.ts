import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Queryable } from '../pool.js';

/*
 * What an operator has to know of lanes and executions. Every statement reads a bounded number of rows of the
 * workspace, by an index, whatever it has: counts stop, and what is looked for among many is looked for among the
 * oldest or the newest of them.
 */

export interface Bounds {
  /** Things of a kind. */
  readonly things: number;
  /** What is counted of one. */
  readonly counted: number;
}

/** Of those that wait, the oldest: where an operator is needed they are late first. */
const OLDEST = 1000;
/** Of those that ended otherwise than well, the newest. */
const NEWEST = 5000;

export interface SuspendedPortal {
  readonly portalId: number;
  readonly reason: SuspensionReason;
  readonly since: Date;
  readonly nextTryAt: Date;
  readonly waiting: number;
}

/** Portals of which HubSpot has refused the completions for longer than a minute. */
export async function suspendedPortals(
  db: Queryable,
  workspaceId: string,
  { things, counted }: Bounds,
): Promise<SuspendedPortal[]> {
  const { rows } = await db.query<SuspendedPortal>({
    name: 'attention.suspended_portals',
    text: `SELECT s.portal_id::float8 AS "portalId", s.reason, s.since, s.suspended_until AS "nextTryAt", w.waiting
             FROM portals p JOIN portal_suspensions s ON s.portal_id = p.portal_id, LATERAL (
               SELECT count(*)::int AS waiting FROM (
                 SELECT FROM lanes l JOIN executions e ON e.lane_id = l.id WHERE l.portal_id = p.portal_id LIMIT $3) c) w
            WHERE p.workspace_id = $1 AND p.state = 'active' AND s.since < now() - interval '1 minute'
            ORDER BY p.portal_id LIMIT $2`,
    values: [workspaceId, things, counted],
  });
  return rows;
}

export interface PausedLane {
  readonly laneId: string;
  readonly portalId: number;
  readonly key: string;
  readonly since: Date;
  readonly reason: string | null;
  readonly waiting: number;
}

/** Lanes that somebody has paused and in which something waits. */
export async function pausedLanes(
  db: Queryable,
  workspaceId: string,
  { things, counted }: Bounds,
): Promise<PausedLane[]> {
  const { rows } = await db.query<PausedLane>({
    name: 'attention.paused_lanes',
    text: `SELECT l.id AS "laneId", l.portal_id::float8 AS "portalId", l.key, l.paused_at AS since,
                  l.pause_reason AS reason, w.waiting
             FROM lanes l, LATERAL (
               SELECT count(*)::int AS waiting FROM (SELECT FROM executions e WHERE e.lane_id = l.id LIMIT $3) c) w
            WHERE l.workspace_id = $1 AND l.paused_at IS NOT NULL AND w.waiting > 0
            ORDER BY l.id LIMIT $2`,
    values: [workspaceId, things, counted],
  });
  return rows;
}

export interface LateLane {
  readonly laneId: string;
  readonly portalId: number;
  readonly key: string;
  /** Planned more than a minute ago, with nothing in the way that is known. */
  readonly late: number;
  readonly lateSince: Date | null;
  /** Given up by HubSpot within a day. */
  readonly expiring: number;
  readonly expiresFirst: Date | null;
}

/** Lanes whose executions are late, or near their end, among the oldest that wait. */
export async function lateLanes(db: Queryable, workspaceId: string, things: number): Promise<LateLane[]> {
  const { rows } = await db.query<LateLane>({
    name: 'attention.late_lanes',
    text: `WITH oldest AS (
             SELECT e.lane_id, e.planned_at, e.expires_at FROM executions e
              WHERE e.workspace_id = $1 ORDER BY e.id LIMIT $3
           ), lane AS (
             SELECT lane_id, (count(*) FILTER (WHERE planned_at < now() - interval '1 minute'))::int AS late,
                    min(planned_at) AS planned, (count(*) FILTER (WHERE expires_at < now() + interval '1 day'))::int AS expiring,
                    min(expires_at) AS expires
               FROM oldest GROUP BY lane_id)
           SELECT lane_id AS "laneId", l.portal_id::float8 AS "portalId", l.key, f.late, o.planned AS "lateSince",
                  o.expiring, CASE WHEN o.expiring > 0 THEN o.expires END AS "expiresFirst"
             FROM lane o JOIN lanes l ON l.id = o.lane_id JOIN portals p ON p.portal_id = l.portal_id, LATERAL (
               SELECT CASE WHEN l.paused_at IS NULL AND p.state = 'active'
                            AND NOT EXISTS (SELECT FROM portal_suspensions s WHERE s.portal_id = l.portal_id)
                           THEN o.late ELSE 0 END AS late) f
            WHERE f.late > 0 OR o.expiring > 0
            ORDER BY lane_id LIMIT $2`,
    values: [workspaceId, things, OLDEST],
  });
  return rows;
}

/** Ends that somebody looks at; `cancelled` is what somebody asked for. */
export const UNHAPPY_ENDS = ['failed', 'gone', 'expired', 'refused', 'rejected'] as const;

export interface UnhappyEnds {
  readonly portalId: number;
  readonly state: (typeof UNHAPPY_ENDS)[number];
  readonly ended: number;
  readonly since: Date;
  readonly reason: string | null;
}

/** Executions that have ended so within a day, by portal and state, with the reason of the newest. */
export async function unhappyEnds(
  db: Queryable,
  workspaceId: string,
  { things, counted }: Bounds,
): Promise<UnhappyEnds[]> {
  const { rows } = await db.query<UnhappyEnds>({
    name: 'attention.unhappy_ends',
    text: `SELECT portal_id::float8 AS "portalId", state, least(count(*), $3)::int AS ended, min(finished_at) AS since,
                  left((array_agg(reason ORDER BY id DESC))[1], 200) AS reason
             FROM (SELECT h.id, h.portal_id, h.state, h.finished_at, h.reason FROM execution_history h
                    WHERE h.workspace_id = $1 AND h.state <> 'completed' AND h.finished_at > now() - interval '1 day'
                    ORDER BY h.id DESC LIMIT $4) newest
            WHERE state = ANY ($5)
            GROUP BY portal_id, state ORDER BY portal_id, state LIMIT $2`,
    values: [workspaceId, things, counted, NEWEST, UNHAPPY_ENDS],
  });
  return rows;
}

/** What waits, is being sent, and has failed within a day; each count stops at `counted`. */
export async function throttleCounts(
  db: Queryable,
  workspaceId: string,
  counted: number,
): Promise<{ waiting: number; sending: number; failed: number }> {
  const { rows } = await db.query<{ waiting: number; sending: number; failed: number }>({
    name: 'attention.throttle_counts',
    text: `SELECT w.waiting, w.sending, f.failed FROM (
             SELECT (count(*) FILTER (WHERE grant_id IS NULL))::int AS waiting, (count(grant_id))::int AS sending
               FROM (SELECT e.grant_id FROM executions e WHERE e.workspace_id = $1 LIMIT $2) e) w, (
             SELECT least((count(*) FILTER (WHERE state = ANY ($4))), $2)::int AS failed
               FROM (SELECT h.state FROM execution_history h
                      WHERE h.workspace_id = $1 AND h.state <> 'completed' AND h.finished_at > now() - interval '1 day'
                      ORDER BY h.id DESC LIMIT $3) h) f`,
    values: [workspaceId, counted, NEWEST, UNHAPPY_ENDS],
  });
  return rows[0] ?? { waiting: 0, sending: 0, failed: 0 };
}
