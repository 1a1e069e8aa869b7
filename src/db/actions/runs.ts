import type { RunError } from '../../domain/actions/runStates.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** Where a run stands. */
export interface RunRef {
  readonly workspaceId: string;
  readonly portalId: number;
  /** A bigint, as text. */
  readonly runId: string;
}

/** A run whose handler is to be tried. */
export interface ClaimedRun {
  readonly action: string;
  readonly callHash: Buffer;
  readonly source: string;
  /** Undefined: somebody in it was erased. */
  readonly sealedInput: string | null;
  /** What the handler threw last. */
  readonly sealedResult: string | null;
  /** The number of this try: whoever was overtaken stores nothing. */
  readonly attempt: number;
  /** Until it is given up; 0 or less: it is. */
  readonly giveUpInMs: number;
}

/** Its turn has come, or it needs none: also to be told that it was given up. */
export const MAY_BEGIN = '(lane_id IS NULL OR turn IS NOT NULL OR give_up_at <= clock_timestamp())';

/** Begins a try. Undefined: it waits no more, or for its turn. */
export async function claimRun(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  leaseMs: number,
): Promise<ClaimedRun | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ClaimedRun>({
    name: 'action_run.claim',
    text: `UPDATE action_runs SET attempts = attempts + 1, pack = NULL, due_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
            WHERE workspace_id = $1 AND id = $2 AND state = 'waiting' AND ${MAY_BEGIN}
        RETURNING action, call_hash AS "callHash", source, sealed_input AS "sealedInput", sealed_result AS "sealedResult", attempts AS attempt,
                  (extract(epoch FROM give_up_at - clock_timestamp()) * 1000)::float8 AS "giveUpInMs"`,
    values: [workspaceId, runId, leaseMs],
  });
  return rows[0];
}

/** How the handler ended. */
export interface RunResult {
  readonly errorCode: string | null;
  readonly reason: string | null;
  readonly sealedResult: string | null;
}

/** Keeps how it ended, before HubSpot is told. False: another try has overtaken this one, or it was cancelled. */
export async function storeResult(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  attempt: number,
  { errorCode, reason, sealedResult }: RunResult,
): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query({
    name: 'action_run.result',
    text: `UPDATE action_runs SET state = 'completing', error_code = $4, reason = $5, sealed_result = $6, completion_tries = 0,
                  due_at = clock_timestamp() + interval '60 seconds'
            WHERE workspace_id = $1 AND id = $2 AND state = 'waiting' AND attempts = $3`,
    values: [workspaceId, runId, attempt, errorCode, reason, sealedResult],
  });
  return rowCount === 1;
}

/** It is tried again in `inMs`; what the handler threw is kept for people. */
export async function putOffRun(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  attempt: number,
  inMs: number,
  sealedResult: string | null,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'action_run.put_off',
    text: `UPDATE action_runs SET sealed_result = coalesce($5, sealed_result), pack = NULL,
                  due_at = clock_timestamp() + ($4::float8 + 60000) * interval '1 millisecond'
            WHERE workspace_id = $1 AND id = $2 AND state = 'waiting' AND attempts = $3`,
    values: [workspaceId, runId, attempt, inMs, sealedResult],
  });
}

/**
 * Ends a run whose handler has not ended yet; of one that is answered by its outputs, nobody else is to be told. False:
 * it waits no more.
 */
export async function cancelRun(
  db: Queryable,
  workspaceId: string,
  runId: string,
  reason: string | null,
  code: RunError = 'cancelled',
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE action_runs SET state = CASE WHEN answering_until IS NULL THEN 'completing' ELSE 'cancelled' END, error_code = $4, reason = $3,
            sealed_result = NULL, due_at = clock_timestamp() + interval '5 seconds',
            ended_at = CASE WHEN answering_until IS NOT NULL THEN clock_timestamp() END
      WHERE workspace_id = $1 AND id = $2 AND state = 'waiting'`,
    [workspaceId, runId, reason, code],
  );
  return rowCount === 1;
}

/** A run of which HubSpot is to be told. */
export interface CompletingRun {
  readonly action: string;
  readonly callbackId: string;
  readonly callHash: Buffer;
  readonly errorCode: string | null;
  readonly reason: string | null;
  readonly sealedResult: string | null;
  readonly tries: number;
  readonly ageMs: number;
  /** HubSpot gives it up then. */
  readonly expiresInMs: number;
  readonly isTold: boolean;
}

/** Begins a completion. Undefined: there is nothing to complete. */
export async function beginCompletion(
  pool: Pool,
  { workspaceId, runId }: RunRef,
): Promise<CompletingRun | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<CompletingRun>({
    name: 'action_run.completion',
    text: `UPDATE action_runs SET completion_tries = completion_tries + 1, due_at = clock_timestamp() + interval '60 seconds'
            WHERE workspace_id = $1 AND id = $2 AND state = 'completing'
        RETURNING action, callback_id AS "callbackId", call_hash AS "callHash", error_code AS "errorCode", reason,
                  sealed_result AS "sealedResult", completion_tries AS tries,
                  (extract(epoch FROM clock_timestamp() - received_at) * 1000)::float8 AS "ageMs",
                  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS "expiresInMs",
                  told_at IS NOT NULL AS "isTold"`,
    values: [workspaceId, runId],
  });
  return rows[0];
}

/** It is told again in `inMs`. */
export async function putOffCompletion(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  inMs: number,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'action_run.completion_put_off',
    text: `UPDATE action_runs SET pack = NULL, due_at = clock_timestamp() + ($3::float8 + 60000) * interval '1 millisecond'
            WHERE workspace_id = $1 AND id = $2 AND state = 'completing'`,
    values: [workspaceId, runId, inMs],
  });
}

/** An open run that nothing was heard of in time. */
export interface OverdueRun extends RunRef {
  readonly callbackId: string;
  readonly action: string;
  /** Its handler is not to be called any more; HubSpot is to be told. */
  readonly isEnding: boolean;
  /** It was not tried yet. */
  readonly isFresh: boolean;
}

/** Over all workspaces: open ones whose workflow may be missing, or asleep until a try that is not to be. */
export async function overdueRuns(db: Queryable, most: number): Promise<OverdueRun[]> {
  const { rows } = await db.query<OverdueRun>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", callback_id AS "callbackId", id::text AS "runId",
            action, is_ending AS "isEnding", is_fresh AS "isFresh"
       FROM action_runs_overdue($1)`,
    [most],
  );
  return rows;
}

/** Of a portal that is being disconnected: all that wait are to end. Returns how many that were, and are left. */
export async function endRunsOfPortal(
  pool: Pool,
  { workspaceId, portalId, reason }: { workspaceId: string; portalId: number; reason: string },
  most: number,
): Promise<{ marked: number; left: number }> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ marked: number; left: number }>({
    name: 'action_runs.end_portal',
    text: `WITH open AS (
             SELECT id, state FROM action_runs WHERE workspace_id = $1 AND portal_id = $2 AND state IN ('waiting', 'completing')
              ORDER BY id LIMIT $4
           ), marked AS (
             UPDATE action_runs r SET state = CASE WHEN r.answering_until IS NULL THEN 'completing' ELSE 'cancelled' END,
                    error_code = 'cancelled', reason = $3, sealed_result = NULL, due_at = clock_timestamp(),
                    ended_at = CASE WHEN r.answering_until IS NOT NULL THEN clock_timestamp() END
               FROM open o WHERE r.workspace_id = $1 AND r.id = o.id AND r.state = 'waiting' RETURNING r.id
           )
           SELECT (SELECT count(*)::int FROM marked) AS marked, (SELECT count(*)::int FROM open) AS left`,
    values: [workspaceId, portalId, reason, most],
  });
  return rows[0] ?? { marked: 0, left: 0 };
}

/** Of a portal that is gone: ends what is left without HubSpot. Returns how many of at most `most`. */
export async function endRunsLocally(
  pool: Pool,
  { workspaceId, portalId, reason }: { workspaceId: string; portalId: number; reason: string },
  most: number,
): Promise<number> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query({
    name: 'action_runs.end_locally',
    text: `UPDATE action_runs r SET state = 'cancelled', error_code = coalesce(error_code, 'cancelled'), reason = $3, ended_at = clock_timestamp()
            WHERE r.workspace_id = $1 AND r.id = ANY (ARRAY(
              SELECT id FROM action_runs WHERE workspace_id = $1 AND portal_id = $2 AND state IN ('waiting', 'completing')
               ORDER BY id LIMIT $4))`,
    values: [workspaceId, portalId, reason, most],
  });
  return rowCount ?? 0;
}
