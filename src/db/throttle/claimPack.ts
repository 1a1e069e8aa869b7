import type { PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';
import type { PackId } from './packs.js';

/** What a workflow learns when it looks at its executions. Times are from now, by the database's clock. */
export interface Claim {
  readonly laneId: string;
  readonly portalId: number;
  /** The executions of the pack that have not ended. */
  readonly remaining: readonly string[];
  /** Being sent, by this process or another. */
  readonly sending: number;
  /** To be ended out of turn: cancelled, expired, released by hand. */
  readonly ending: number;
  /** When the window lets the first of them go; null while the lane is paused or nothing waits for it. */
  readonly nextInMs: number | null;
  /** When the expiry guard ends the first of them: `guardMs` before HubSpot would give it up. */
  readonly guardInMs: number | null;
  readonly paused: boolean;
  readonly portalState: PortalState;
}

/**
 * Looks at a pack for its workflow, and marks those to end as expired whose expiry guard has come
 * (migrations/functions/throttle/expiry_guard.sql). Undefined when there is no such pack.
 */
export async function claimPack(
  db: Queryable,
  { workspaceId, packId }: PackId,
  guardMs: number,
  holdMs: number,
): Promise<Claim | undefined> {
  const { rows } = await db.query<Claim>({
    name: 'claim_pack',
    text: `SELECT lane_id AS "laneId", portal_id::float8 AS "portalId", remaining::text[], sending, ending, paused,
                  portal_state AS "portalState",
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs",
                  (extract(epoch FROM guard_at - now_at) * 1000)::float8 AS "guardInMs"
             FROM claim_pack($1, $2, $3, $4)`,
    values: [workspaceId, packId, guardMs, holdMs],
  });
  return rows[0];
}
