import type { PortalState } from '../../domain/portals/portal.js';
import type { RateSource } from '../../domain/throttle/rate.js';
import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { BeyondBlock } from './lanes.js';

/** A lane as an operator sees it: what is set, what is in force, and how full it is now. */
export interface LaneView {
  readonly id: string;
  readonly portalId: number;
  readonly key: string;
  readonly queue: string | null;
  readonly queueNote: string | null;
  readonly workflowId: string | null;
  readonly step: string | null;
  readonly actionId: string | null;
  readonly rateLimit: number;
  readonly rateIntervalMs: number;
  readonly rateSource: RateSource;
  readonly overrideLimit: number | null;
  readonly overrideIntervalMs: number | null;
  readonly rateNote: string | null;
  readonly spread: boolean;
  readonly beyondBlock: BeyondBlock;
  readonly maxPerWorkflow: number | null;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  /** While it is not `active`, nothing is let go. */
  readonly portalState: PortalState;
  readonly portalStateReason: string | null;
  /** HubSpot refuses the completions of its portal: why, since when, and when a call finds out again. */
  readonly suspendedReason: SuspensionReason | null;
  readonly suspendedSince: Date | null;
  readonly suspendedUntil: Date | null;
  /** Waiting and not being sent. */
  readonly waiting: number;
  readonly sending: number;
  readonly oldestWaitingMs: number | null;
  /** When the window is expected to let the last go that waits; null: none waits, or none can go. */
  readonly lastEta: Date | null;
  readonly lastEtaMs: number | null;
  /** Places of the window that are taken now; more than the limit just after the rate was lowered. */
  readonly windowUsed: number;
  /** When the next place comes free; null: when the answer to what is being sent is one interval old. */
  readonly nextFreeInMs: number | null;
}

/** What is set for a lane and in force there: what people read before they change it. */
export type LaneSettings = Pick<
  LaneView,
  | ('rateLimit' | 'rateIntervalMs' | 'rateSource' | 'overrideLimit' | 'overrideIntervalMs')
  | ('spread' | 'beyondBlock' | 'maxPerWorkflow' | 'pausedAt' | 'pauseReason')
>;

const SETTINGS = `
         l.rate_limit AS "rateLimit", l.rate_interval_ms::float8 AS "rateIntervalMs", l.rate_source AS "rateSource",
         l.override_limit AS "overrideLimit", l.override_interval_ms::float8 AS "overrideIntervalMs",
         l.spread, l.beyond_block AS "beyondBlock", l.max_per_workflow AS "maxPerWorkflow", l.paused_at AS "pausedAt",
         l.pause_reason AS "pauseReason"`;

/**
 * A place of the window is taken from the admission until one interval after its answer. The next one comes free when
 * so many have left that fewer than N remain: usually the oldest, later ones while more than N are taken.
 */
const VIEW = `
  SELECT l.id, l.portal_id::float8 AS "portalId", l.key, l.queue, l.queue_note AS "queueNote", l.workflow_id AS "workflowId", l.step,
         l.action_id AS "actionId",
         l.rate_note AS "rateNote", ${SETTINGS}, o.state AS "portalState", o.state_reason AS "portalStateReason",
         h.reason AS "suspendedReason", h.since AS "suspendedSince", h.suspended_until AS "suspendedUntil",
         e.waiting + c.waiting AS waiting, e.sending, least(e.oldest, c.oldest)::float8 AS "oldestWaitingMs", z.at AS "lastEta",
         CASE WHEN z.at IS NOT NULL THEN greatest(0, extract(epoch FROM z.at - n.now) * 1000) END::float8 AS "lastEtaMs",
         w.used AS "windowUsed",
         CASE WHEN w.used < l.rate_limit THEN 0
              ELSE (extract(epoch FROM w.free_at - n.now) * 1000)::float8 END AS "nextFreeInMs"
    FROM (SELECT clock_timestamp() AS now) n, lanes l JOIN portals o ON o.portal_id = l.portal_id
    LEFT JOIN portal_suspensions h ON h.portal_id = l.portal_id,
    LATERAL (
      SELECT (count(*) FILTER (WHERE x.grant_id IS NULL))::int AS waiting,
             (count(*) FILTER (WHERE x.grant_id IS NOT NULL))::int AS sending,
             count(*) FILTER (WHERE x.grant_id IS NULL AND x.end_requested IS NULL AND x.starts_at IS NULL) AS in_turn, max(x.starts_at) AS starts_at,
             extract(epoch FROM n.now - min(x.received_at) FILTER (WHERE x.grant_id IS NULL)) * 1000 AS oldest
        FROM executions x WHERE x.lane_id = l.id) e,
    LATERAL (
      SELECT count(*)::int AS waiting, extract(epoch FROM n.now - min(r.received_at)) * 1000 AS oldest
        FROM action_runs r WHERE r.lane_id = l.id AND r.lane_id IS NOT NULL AND r.state = 'waiting' AND r.turn IS NULL) c,
    LATERAL (
      SELECT CASE WHEN r.at IS NOT NULL THEN greatest(r.at, e.starts_at) END AS at FROM (
        SELECT CASE WHEN (e.in_turn > 0 OR e.starts_at IS NOT NULL) AND h.portal_id IS NULL
                    THEN release_estimate(l.id, greatest(0, e.in_turn - 1)) END AS at) r) z,
    LATERAL (
      SELECT u.used::int AS used,
             CASE WHEN u.used >= l.rate_limit
                  THEN window_place(l.id, n.now - i.span, u.numbered, u.before, u.used - l.rate_limit) + i.span
              END AS free_at
        FROM (SELECT l.rate_interval_ms * interval '1 millisecond' AS span) i, window_use(l.id, n.now - i.span) u) w
   WHERE l.workspace_id = $1`;

export async function listLanes(
  pool: Pool,
  workspaceId: string,
  page: { portalId: number | undefined; after: string | undefined; limit: number },
): Promise<LaneView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<LaneView>(
    `${VIEW} AND ($2::bigint IS NULL OR l.portal_id = $2) AND l.id > $3::bigint ORDER BY l.id LIMIT $4`,
    [workspaceId, page.portalId ?? null, page.after ?? '0', page.limit],
  );
  return rows;
}

export async function findLane(
  pool: Pool,
  workspaceId: string,
  laneId: string,
): Promise<LaneView | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<LaneView>(`${VIEW} AND l.id = $2`, [
    workspaceId,
    laneId,
  ]);
  return rows[0];
}

/** Locks the lane in the caller's transaction: what is read stays so until that ends. */
export async function lockLaneSettings(
  client: Queryable,
  workspaceId: string,
  laneId: string,
): Promise<LaneSettings | undefined> {
  const { rows } = await client.query<LaneSettings>(
    `SELECT ${SETTINGS} FROM lanes l WHERE l.workspace_id = $1 AND l.id = $2 FOR NO KEY UPDATE`,
    [workspaceId, laneId],
  );
  return rows[0];
}
