import type { Queryable } from '../pool.js';

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
}

export async function claimPack(
  db: Queryable,
  packId: string,
  guardMs: number,
  holdMs: number,
): Promise<Claim | undefined> {
  const { rows } = await db.query<Claim>({
    name: 'claim_pack',
    text: `SELECT lane_id AS "laneId", portal_id::float8 AS "portalId", remaining::text[], sending, ending, paused,
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs",
                  (extract(epoch FROM guard_at - now_at) * 1000)::float8 AS "guardInMs"
             FROM claim_pack($1, $2, $3)`,
    values: [packId, guardMs, holdMs],
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
  /** When each lane wants to be asked again, from now; null: it is empty or paused. */
  readonly lanes: { readonly laneId: string; readonly nextInMs: number | null }[];
}

/** Lets go what the windows of these lanes of one portal have room for (migrations/functions/grant_releases.sql). */
export async function grantReleases(
  db: Queryable,
  request: { laneIds: readonly string[]; most: number; owner: string; leaseMs: number; holdMs: number },
): Promise<GrantResult> {
  const { rows } = await db.query<
    Omit<Granted, 'executionId'> & { executionId: string | null; nextInMs: number | null }
  >({
    name: 'grant_releases',
    text: `SELECT lane_id AS "laneId", grant_id AS "grantId", fence, execution_id AS "executionId", callback_id AS "callbackId",
                  pack_id AS "packId", ending, waited_ms::float8 AS "waitedMs", late_ms::float8 AS "lateMs", attempts, queue,
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs"
             FROM grant_releases($1::bigint[], $2, $3, $4, $5)`,
    values: [request.laneIds, request.most, request.owner, request.leaseMs, request.holdMs],
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

/** Books answers (migrations/functions/settle_releases.sql). Returns the executions that ended by this. */
export async function settleReleases(db: Queryable, settlement: Settlement): Promise<string[]> {
  const { ended, closed, again } = settlement;
  const { rows } = await db.query<{ id: string }>({
    name: 'settle_releases',
    text: `SELECT settle_releases AS id FROM settle_releases($1::bigint[], $2::int[], $3::bigint[], $4::text[], $5::text[],
             $6::bigint[], $7::int[], $8::float8[], $9::bigint[], $10::int[], $11::float8[])`,
    values: [
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
export async function cancelPack(db: Queryable, packId: string): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE executions SET end_requested = 'cancelled' WHERE pack_id = $1 AND end_requested IS NULL`,
    [packId],
  );
  return rowCount ?? 0;
}
