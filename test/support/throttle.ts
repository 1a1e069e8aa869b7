import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { IntakeCall, IntakeLimits } from '../../src/db/throttle/intake.js';

export const WORKSPACE = '00000000-0000-4000-8000-000000000001';
const WEEK_MS = 7 * 24 * 3_600_000;

/** The limits of production, without the hold: a release is due at once. */
export const LIMITS: IntakeLimits = {
  holdMs: 0,
  blockMinMs: WEEK_MS,
  blockMaxMs: 4 * WEEK_MS,
  guardMs: 300_000,
};

/** The lane, and the workspace that `seedLane` gives it. */
export function ours(laneId: string): { workspaceId: string; laneId: string } {
  return { workspaceId: WORKSPACE, laneId };
}

let lanes = 0;

/** A workspace, its portal, and a lane with this rate. */
export async function seedLane(
  pool: pg.Pool,
  lane: {
    workspaceId?: string;
    portalId?: number;
    limit: number;
    intervalMs: number;
    spread?: boolean;
    beyondBlock?: 'refuse' | 'hold';
  },
): Promise<string> {
  const portalId = lane.portalId ?? 1;
  const workspaceId = lane.workspaceId ?? WORKSPACE;
  await pool.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'test') ON CONFLICT DO NOTHING`, [
    workspaceId,
  ]);
  await pool.query(`INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
    portalId,
    workspaceId,
  ]);
  const { rows } = await pool.query<{ id: string }>(
    `WITH lane AS (
       INSERT INTO lanes (workspace_id, portal_id, key, rate_limit, rate_interval_ms, rate_source, spread, beyond_block)
       VALUES ($1, $2, $3, $4, $5, 'lane', $6, $7) RETURNING id
     ), gate AS (INSERT INTO lane_windows (lane_id, workspace_id) SELECT id, $1 FROM lane)
     SELECT id FROM lane`,
    [
      workspaceId,
      portalId,
      `queue:${(lanes += 1)}`,
      lane.limit,
      lane.intervalMs,
      lane.spread ?? false,
      lane.beyondBlock ?? 'refuse',
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the lane was not made');
  return id;
}

/** Releases that came one by one and were answered: so many, evenly over the last `hours`. */
export async function seedAdmissions(
  pool: pg.Pool,
  laneId: string,
  count: number,
  hours: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until,
                              answered_at, owner)
     SELECT $1, 1, $2, 1, '{}', at, at, at, 'test'
       FROM (SELECT clock_timestamp() - make_interval(secs => $4 * 3600.0 * (1 - n / $3::float8)) AS at
               FROM generate_series(1, $3::int) n) a`,
    [WORKSPACE, laneId, count, hours],
  );
  await pool.query('SELECT count_answered($1)', [laneId]);
}

let callbacks = 0;

export function callsFor(laneId: string, count: number, portalId = 1): IntakeCall[] {
  return Array.from({ length: count }, () =>
    callFor(laneId, `ap-${portalId}-${(callbacks += 1)}-1-0`, portalId),
  );
}

export function callFor(laneId: string, callbackId: string, portalId = 1): IntakeCall {
  const bodyHash = createHash('sha256').update(callbackId).digest();
  return {
    workspaceId: WORKSPACE,
    portalId,
    callbackId,
    laneId,
    bodyHash,
    source: 'WORKFLOWS',
    objectId: null,
    asked: null,
  };
}
