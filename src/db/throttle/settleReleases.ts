import type { ReleaseState } from '../../domain/throttle/executionStates.js';
import type { Queryable } from '../pool.js';

/**
 * Of what was admitted and sent: what ended, and what is sent again. Each names the fence under which it was admitted.
 */
export interface Settlement {
  readonly ended: readonly {
    admissionId: string;
    fence: number;
    executionId: string;
    state: ReleaseState;
    reason: string | null;
  }[];
  /** Admissions of which nothing is left to send, and how long ago the last answer came. */
  readonly closed: readonly { admissionId: string; fence: number; ageMs: number }[];
  /** Admissions to be sent again, and in how long. */
  readonly again: readonly { admissionId: string; fence: number; inMs: number }[];
}

/** Stores answers (migrations/functions/throttle/settle_releases.sql). Returns the executions that ended by this. */
export async function settleReleases(
  db: Queryable,
  workspaceId: string,
  { ended, closed, again }: Settlement,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'settle_releases',
    text: `SELECT settle_releases AS id FROM settle_releases(
             $1, $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
             $8::int[], $9::float8[], $10::bigint[], $11::int[], $12::float8[])`,
    values: [
      workspaceId,
      ended.map((one) => one.admissionId),
      ended.map((one) => one.fence),
      ended.map((one) => one.executionId),
      ended.map((one) => one.state),
      ended.map((one) => one.reason),
      closed.map((one) => one.admissionId),
      closed.map((one) => one.fence),
      closed.map((one) => one.ageMs),
      again.map((one) => one.admissionId),
      again.map((one) => one.fence),
      again.map((one) => one.inMs),
    ],
  });
  return rows.map((row) => row.id);
}
