import type { PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';
import type { PackId } from './packs.js';

/** What a workflow learns when it looks at its executions. Times are from now, by the database's clock. */
export interface PackLook {
  readonly laneId: string;
  readonly portalId: number;
  /** The executions of the pack that have not ended. */
  readonly remaining: readonly string[];
  /** Ended with this look, as HubSpot had given them up. */
  readonly expired: number;
  /** Being sent, by this process or another, or refused and to be sent again. */
  readonly sending: number;
  /** To be ended out of turn: cancelled, expired, released by hand. */
  readonly ending: number;
  /** When the window lets the first of them go; null while nothing of the lane can go, or nothing waits for it. */
  readonly nextInMs: number | null;
  /** When the first of what is being sent may be sent again. */
  readonly resendInMs: number | null;
  /** When the expiry guard ends the first of them: `guardMs` before HubSpot would give it up. */
  readonly guardInMs: number | null;
  /** When the first of what is being sent, or to end, ends here, as HubSpot has given it up. */
  readonly overInMs: number | null;
  /** For how long the portal's releases are suspended at least (domain/throttle/suspension.ts); null: they are not. */
  readonly suspendedInMs: number | null;
  readonly paused: boolean;
  readonly portalState: PortalState;
}

/**
 * Looks at a pack for its workflow, and marks those to end as expired whose expiry guard has come
 * (migrations/functions/throttle/look_at_pack.sql). Undefined when there is no such pack.
 */
export async function lookAtPack(
  db: Queryable,
  { workspaceId, packId }: PackId,
  guardMs: number,
  holdMs: number,
): Promise<PackLook | undefined> {
  const { rows } = await db.query<PackLook>({
    name: 'look_at_pack',
    text: `SELECT lane_id AS "laneId", portal_id::float8 AS "portalId", remaining::text[], expired, sending, ending, paused,
                  portal_state AS "portalState",
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs",
                  (extract(epoch FROM resend_at - now_at) * 1000)::float8 AS "resendInMs",
                  (extract(epoch FROM guard_at - now_at) * 1000)::float8 AS "guardInMs",
                  (extract(epoch FROM over_at - now_at) * 1000)::float8 AS "overInMs",
                  (extract(epoch FROM suspended_until - now_at) * 1000)::float8 AS "suspendedInMs"
             FROM look_at_pack($1, $2, $3, $4)`,
    values: [workspaceId, packId, guardMs, holdMs],
  });
  return rows[0];
}
