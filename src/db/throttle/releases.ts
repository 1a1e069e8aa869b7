import type { PortalState } from '../../domain/portals/portal.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
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
  /** When the first of them must be ended before HubSpot gives it up. */
  readonly guardInMs: number | null;
  readonly paused: boolean;
  readonly portalState: PortalState;
}

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

/** One execution that may be sent now. */
export interface Granted {
  readonly laneId: string;
  readonly grantId: string;
  readonly fence: number;
  readonly executionId: string;
  readonly callbackId: string;
  readonly packId: string | null;
  /** Null: its turn has come. Otherwise what ends it out of turn. */
  readonly ending: 'released' | 'cancelled' | 'expired' | null;
  readonly waitedMs: number;
  /** After its planned moment. */
  readonly lateMs: number;
  readonly attempts: number;
  readonly queue: string | null;
}

export interface GrantResult {
  readonly granted: Granted[];
  /** When each lane wants to be asked again, from now; null: it is empty or paused, or its portal is not active. */
  readonly lanes: { readonly laneId: string; readonly nextInMs: number | null }[];
}

/** Lets go what the windows of these lanes of one portal have room for (migrations/functions/throttle/grant_releases.sql). */
export async function grantReleases(
  db: Queryable,
  request: {
    workspaceId: string;
    laneIds: readonly string[];
    most: number;
    owner: string;
    leaseMs: number;
    holdMs: number;
  },
): Promise<GrantResult> {
  const { rows } = await db.query<
    Omit<Granted, 'executionId'> & { executionId: string | null; nextInMs: number | null }
  >({
    name: 'grant_releases',
    text: `SELECT lane_id AS "laneId", grant_id AS "grantId", fence, execution_id AS "executionId", callback_id AS "callbackId",
                  pack_id AS "packId", ending, waited_ms::float8 AS "waitedMs", late_ms::float8 AS "lateMs", attempts, queue,
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs"
             FROM grant_releases($1, $2::bigint[], $3, $4, $5, $6)`,
    values: [
      request.workspaceId,
      request.laneIds,
      request.most,
      request.owner,
      request.leaseMs,
      request.holdMs,
    ],
  });
  const result: GrantResult = { granted: [], lanes: [] };
  for (const { nextInMs, executionId, ...row } of rows) {
    if (executionId === null) result.lanes.push({ laneId: row.laneId, nextInMs });
    else result.granted.push({ ...row, executionId });
  }
  return result;
}

export type ReleaseState = 'completed' | 'cancelled' | 'expired' | 'gone' | 'failed';

export interface Settlement {
  readonly ended: readonly {
    grantId: string;
    fence: number;
    executionId: string;
    state: ReleaseState;
    reason: string | null;
  }[];
  /** Grants of which nothing is left to send, and how long ago the last answer came. */
  readonly closed: readonly { grantId: string; fence: number; ageMs: number }[];
  /** Grants to be sent again, and in how long. */
  readonly again: readonly { grantId: string; fence: number; inMs: number }[];
}

/** Books answers (migrations/functions/throttle/settle_releases.sql). Returns the executions that ended by this. */
export async function settleReleases(
  db: Queryable,
  workspaceId: string,
  settlement: Settlement,
): Promise<string[]> {
  const { ended, closed, again } = settlement;
  const { rows } = await db.query<{ id: string }>({
    name: 'settle_releases',
    text: `SELECT settle_releases AS id FROM settle_releases($1, $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[],
             $7::bigint[], $8::int[], $9::float8[], $10::bigint[], $11::int[], $12::float8[])`,
    values: [
      workspaceId,
      ended.map((one) => one.grantId),
      ended.map((one) => one.fence),
      ended.map((one) => one.executionId),
      ended.map((one) => one.state),
      ended.map((one) => one.reason),
      closed.map((one) => one.grantId),
      closed.map((one) => one.fence),
      closed.map((one) => one.ageMs),
      again.map((one) => one.grantId),
      again.map((one) => one.fence),
      again.map((one) => one.inMs),
    ],
  });
  return rows.map((row) => row.id);
}

/** Asks that what is left of a pack be ended as cancelled. Returns how many that concerns. */
export async function cancelPack(pool: Pool, { workspaceId, packId }: PackId): Promise<number> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query(
    `UPDATE executions SET end_requested = 'cancelled' WHERE pack_id = $1 AND end_requested IS NULL`,
    [packId],
  );
  return rowCount ?? 0;
}
