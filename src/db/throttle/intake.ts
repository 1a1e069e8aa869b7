import type { AskedOfTurn } from '../../domain/throttle/askedOfTurn.js';
import type { ExecutionState } from '../../domain/throttle/executionStates.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace, workspaceList } from '../tenant.js';

/** One action call, ready to be committed. */
export interface IntakeCall {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly callbackId: string;
  readonly laneId: string;
  readonly bodyHash: Buffer;
  readonly source: string;
  readonly objectId: string | null;
  /** What the fields of its step ask for; null: nothing. */
  readonly asked: AskedOfTurn | null;
}

export interface IntakeLimits {
  readonly holdMs: number;
  readonly blockMinMs: number;
  readonly blockMaxMs: number;
  readonly guardMs: number;
}

/** What became of a call, or of the earlier one that it repeats. */
export interface IntakeAnswer {
  readonly executionId: string;
  readonly state: Exclude<ExecutionState, 'sending'>;
  readonly reason: string | null;
  /** From now, by the database's clock. Negative when it is past; null when it was never planned. */
  readonly plannedInMs: number | null;
  readonly plannedAt: Date | null;
  readonly expiresInMs: number | null;
  readonly fresh: boolean;
  /** False when the repeat came with another body than the first call. */
  readonly sameBody: boolean;
  /** How many were in its lane with it when it was taken in; null where it does not wait. */
  readonly place: number | null;
}

const STATEMENT = `
  SELECT ord, execution_id AS "executionId", state, reason, fresh, same_body AS "sameBody", place,
         planned_at AS "plannedAt", (extract(epoch FROM planned_at - now_at) * 1000)::float8 AS "plannedInMs",
         (extract(epoch FROM expires_at - now_at) * 1000)::float8 AS "expiresInMs"
    FROM intake_calls($1, $2::bigint[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::text[],
                           $8::jsonb[], $9, $10, $11, $12)`;

/**
 * Commits calls together (migrations/functions/throttle/intake_calls.sql). Resolves after the commit, with the
 * answers in the order of the calls. All calls fail together: on an error none was committed.
 */
export async function intakeExecutions(
  db: Queryable,
  calls: readonly IntakeCall[],
  limits: IntakeLimits,
): Promise<IntakeAnswer[]> {
  const { rows } = await db.query<IntakeAnswer & { ord: number }>({
    name: 'intake_calls',
    text: STATEMENT,
    values: [
      workspaceList(calls.map((call) => call.workspaceId)),
      calls.map((call) => call.portalId),
      calls.map((call) => call.callbackId),
      calls.map((call) => call.laneId),
      calls.map((call) => call.bodyHash),
      calls.map((call) => call.source),
      calls.map((call) => call.objectId),
      calls.map((call) => call.asked),
      limits.holdMs,
      limits.blockMinMs,
      limits.blockMaxMs,
      limits.guardMs,
    ],
  });
  const answers = new Array<IntakeAnswer>(calls.length);
  for (const row of rows) answers[row.ord - 1] = row;
  if (rows.length !== calls.length)
    throw new Error(`intake answered ${rows.length} of ${calls.length} calls`);
  return answers;
}

/**
 * Keeps the whole body of a signed call that could not be understood, as a `rejected` execution. A repeat changes
 * nothing. False when the workspace has no such portal: nothing was kept.
 */
export async function recordRejected(
  pool: Pool,
  workspaceId: string,
  call: { portalId: number; callbackId: string; bodyHash: Buffer; body: Buffer; reason: string },
): Promise<boolean> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ installed: boolean }>(
    `WITH portal AS (
       SELECT portal_id, workspace_id FROM portals WHERE portal_id = $1
     ), key AS (
       INSERT INTO execution_keys (portal_id, callback_id, workspace_id, execution_id, body_hash, received_at)
       SELECT $1, $2, workspace_id, nextval('executions_id_seq'), $3, clock_timestamp() FROM portal
       ON CONFLICT DO NOTHING RETURNING *
     ), kept AS (
       INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, state, reason,
                                      received_at, finished_at, payload)
       SELECT execution_id, workspace_id, portal_id, callback_id, 'rejected', $4, received_at, received_at, $5 FROM key
     )
     SELECT EXISTS (SELECT 1 FROM portal) AS installed`,
    [call.portalId, call.callbackId, call.bodyHash, call.reason, call.body],
  );
  return rows[0]?.installed ?? false;
}
