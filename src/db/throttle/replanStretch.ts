import type { Queryable } from '../pool.js';
import type { LaneId } from './lanes.js';

/**
 * Part of a lane: at most `max` waiting executions behind the place `afterSeq`, of which `ahead` are before the first.
 */
interface Stretch extends LaneId {
  readonly afterSeq: string;
  readonly ahead: number;
  readonly max: number;
  readonly holdMs: number;
}

/**
 * Plans one stretch of a lane anew, from what its window really holds (migrations/functions/throttle/replan_lane.sql).
 */
export async function replanStretch(
  db: Queryable,
  { workspaceId, laneId, afterSeq, ahead, max, holdMs }: Stretch,
): Promise<{ lastSeq: string | null; planned: number }> {
  const { rows } = await db.query<{ lastSeq: string | null; planned: number }>({
    name: 'replan_lane',
    text: `SELECT last_seq AS "lastSeq", planned FROM replan_lane($1, $2, $3, $4, $5, $6)`,
    values: [workspaceId, laneId, afterSeq, ahead, max, holdMs],
  });
  return rows[0] ?? { lastSeq: null, planned: 0 };
}
