import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { ActionIntakeAnswer, ActionIntakeCall } from './intake.js';
import type { ClaimedRun, RunRef, RunResult } from './runs.js';

/** What became of a call that is answered by what its handler gives. */
export interface InlineRun extends ActionIntakeAnswer {
  /** False: HubSpot waits for a callback of it, which another version of its definition has promised. */
  readonly isInline: boolean;
  /** HubSpot has had outputs. */
  readonly isTold: boolean;
  /** So long it is in hand, or is not to be tried. */
  readonly answeringInMs: number | null;
  /** Its handler is to be called by who asked. */
  readonly claimed: ClaimedRun | undefined;
}

interface Row extends Omit<InlineRun, 'claimed'>, Omit<ClaimedRun, 'attempt'> {
  readonly attempt: number | null;
}

/** HubSpot calls again for so long; nobody would be told of what comes later. */
const CALLS_FOR_MS = 3 * 24 * 3_600_000;
/** After its last try it is ended by the sweep, unless HubSpot has called once more. */
const LAST_CALL_MS = 3_600_000;

const COLUMNS = `r.id::text AS "runId", r.workspace_id AS "workspaceId", r.state, r.error_code AS "errorCode", r.reason,
  r.sealed_result AS "sealedResult", (extract(epoch FROM r.expires_at - clock_timestamp()) * 1000)::float8 AS "expiresInMs",
  r.answering_until IS NOT NULL AS "isInline", r.told_at IS NOT NULL AS "isTold",
  (extract(epoch FROM r.answering_until - clock_timestamp()) * 1000)::float8 AS "answeringInMs",
  r.action, r.call_hash AS "callHash", r.source, r.sealed_input AS "sealedInput",
  (extract(epoch FROM r.give_up_at - clock_timestamp()) * 1000)::float8 AS "giveUpInMs"`;

/**
 * Keeps a call before its handler is called, or finds the one that it repeats, which is in hand for `leaseMs` where
 * nobody has it. Undefined: the portal is not the workspace's.
 */
export async function beginInlineRun(
  pool: Pool,
  call: ActionIntakeCall,
  leaseMs: number,
): Promise<InlineRun | undefined> {
  const { rows } = await forWorkspace(pool, call.workspaceId).query<Row>({
    name: 'action_inline.begin',
    text: `WITH now AS (
             SELECT clock_timestamp() AS t, CASE WHEN o.state IN ('disconnecting', 'disconnected')
                    THEN 'The portal is ' || o.state || coalesce(': ' || o.state_reason, '') END AS shut
               FROM portals o WHERE o.workspace_id = $1 AND o.portal_id = $2
           )
           INSERT INTO action_runs AS r (workspace_id, portal_id, callback_id, call_hash, body_hash, action, version, source, object_id, sealed_input,
                                    state, error_code, reason, attempts, received_at, answering_until, give_up_at, expires_at, due_at, ended_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                  CASE WHEN shut IS NOT NULL THEN 'refused' WHEN $11::text IS NOT NULL THEN 'rejected' ELSE 'waiting' END,
                  CASE WHEN shut IS NOT NULL THEN 'refused' ELSE $11 END, coalesce(shut, $12::text),
                  CASE WHEN shut IS NULL AND $11 IS NULL THEN 1 ELSE 0 END, t, t + $13::float8 * interval '1 millisecond',
                  t + $14::float8 * interval '1 millisecond', t + $14 * interval '1 millisecond',
                  t + ($14 + $15::float8) * interval '1 millisecond', CASE WHEN shut IS NOT NULL OR $11 IS NOT NULL THEN t END
             FROM now
           ON CONFLICT (call_hash) DO NOTHING
           RETURNING ${COLUMNS}, true AS fresh, true AS "sameBody", nullif(attempts, 0) AS attempt`,
    values: [
      ...[call.workspaceId, call.portalId, call.callbackId, call.callHash, call.bodyHash, call.action],
      ...[call.version, call.source, call.objectId, call.sealedInput],
      ...[call.refusal?.code ?? null, call.refusal?.reason ?? null],
      ...[leaseMs, Math.min(call.giveUpAfterMs, CALLS_FOR_MS), LAST_CALL_MS],
    ],
  });
  return rows[0] ? runOf(rows[0]) : takeInlineRun(pool, call, leaseMs);
}

/** Looks at a run again. Where nobody has it in hand (who had it died, or its pause is over), who asks has it now. */
export async function takeInlineRun(
  pool: Pool,
  { workspaceId, callHash, bodyHash }: Pick<ActionIntakeCall, 'workspaceId' | 'callHash' | 'bodyHash'>,
  leaseMs: number,
): Promise<InlineRun | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Row>({
    name: 'action_inline.take',
    text: `WITH taken AS (
             UPDATE action_runs SET attempts = attempts + 1, answering_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
              WHERE workspace_id = $1 AND call_hash = $2 AND state = 'waiting' AND answering_until < clock_timestamp()
             RETURNING id, attempts
           )
           SELECT ${COLUMNS}, false AS fresh, r.body_hash = $3 AS "sameBody", t.attempts AS attempt
             FROM action_runs r LEFT JOIN taken t ON t.id = r.id WHERE r.workspace_id = $1 AND r.call_hash = $2`,
    values: [workspaceId, callHash, bodyHash, leaseMs],
  });
  return rows[0] && runOf(rows[0]);
}

function runOf({ attempt, ...row }: Row): InlineRun {
  return { ...row, claimed: attempt === null ? undefined : { ...row, attempt } };
}

/** Keeps how it ended, before its call is answered. False: another try has overtaken this one, or it was cancelled. */
export async function endInlineRun(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  attempt: number,
  { errorCode, reason, sealedResult }: RunResult,
): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query({
    name: 'action_inline.end',
    text: `UPDATE action_runs SET state = CASE WHEN $4::text IS NULL THEN 'completed' ELSE 'failed' END, error_code = $4, reason = $5,
                  sealed_result = $6, told_at = clock_timestamp(), ended_at = clock_timestamp()
            WHERE workspace_id = $1 AND id = $2 AND state = 'waiting' AND attempts = $3`,
    values: [workspaceId, runId, attempt, errorCode, reason, sealedResult],
  });
  return rowCount === 1;
}

/** It is tried again when HubSpot calls again, in `inMs` at the earliest; what the handler threw is kept for people. */
export async function putOffInlineRun(
  pool: Pool,
  { workspaceId, runId }: RunRef,
  attempt: number,
  inMs: number,
  sealedResult: string | null,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'action_inline.put_off',
    text: `UPDATE action_runs SET sealed_result = coalesce($5, sealed_result),
                  answering_until = clock_timestamp() + $4::float8 * interval '1 millisecond'
            WHERE workspace_id = $1 AND id = $2 AND state = 'waiting' AND attempts = $3`,
    values: [workspaceId, runId, attempt, inMs, sealedResult],
  });
}
