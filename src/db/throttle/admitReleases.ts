import type { Ending } from '../../domain/throttle/executionStates.js';
import type { Queryable } from '../pool.js';

/** One execution that may be sent now. */
export interface Admitted {
  readonly laneId: string;
  /** The admission under which it goes, together with others of its lane. */
  readonly admissionId: string;
  readonly fence: number;
  readonly executionId: string;
  readonly callbackId: string;
  readonly packId: string | null;
  /** Null: its turn has come. Otherwise how it ends out of turn. */
  readonly ending: Ending | null;
  readonly waitedMs: number;
  /** After its planned moment. */
  readonly lateMs: number;
  readonly attempts: number;
  readonly queue: string | null;
  /** Its place in the lane when it was taken in; null where that is not known. */
  readonly place: number | null;
}

export interface Admissions {
  readonly admitted: Admitted[];
  /** When each lane wants to be asked again, from now; null: it is empty or paused, or its portal is not active. */
  readonly lanes: { readonly laneId: string; readonly nextInMs: number | null }[];
}

/**
 * The window law (law 3) at release: admits what the windows of these lanes of one portal have room for, never more
 * than N in any interval. What is admitted may be sent at once, and holds its place until one interval after its
 * answer. The rule itself is one SQL function, since processes share windows through the database alone:
 * migrations/functions/throttle/admit_turns.sql.
 */
export async function admitReleases(
  db: Queryable,
  request: {
    readonly workspaceId: string;
    readonly laneIds: readonly string[];
    readonly max: number;
    readonly owner: string;
    readonly leaseMs: number;
    readonly holdMs: number;
  },
): Promise<Admissions> {
  const { workspaceId, laneIds, max, owner, leaseMs, holdMs } = request;
  const { rows } = await db.query<
    Omit<Admitted, 'executionId'> & { executionId: string | null; nextInMs: number | null }
  >({
    name: 'admit_turns',
    text: `SELECT lane_id AS "laneId", grant_id AS "admissionId", fence, execution_id AS "executionId",
                  callback_id AS "callbackId", pack_id AS "packId", ending, waited_ms::float8 AS "waitedMs",
                  late_ms::float8 AS "lateMs", attempts, queue, place,
                  (extract(epoch FROM next_at - now_at) * 1000)::float8 AS "nextInMs"
             FROM admit_turns($1, $2::bigint[], $3, $4, $5, $6)`,
    values: [workspaceId, laneIds, max, owner, leaseMs, holdMs],
  });
  const result: Admissions = { admitted: [], lanes: [] };
  for (const { nextInMs, executionId, ...row } of rows) {
    if (executionId === null) result.lanes.push({ laneId: row.laneId, nextInMs });
    else result.admitted.push({ ...row, executionId });
  }
  return result;
}
