import type { RunState } from '../../domain/actions/runStates.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { MAY_BEGIN, type ClaimedRun, type CompletingRun, type RunResult } from './runs.js';

/** Runs of an action in a portal whose first tries are made together. */
export interface PackRef {
  readonly workspaceId: string;
  /** The first names the pack. */
  readonly runIds: readonly string[];
}

/** A run of a pack whose handler is to be called. */
export interface PackedRun extends ClaimedRun {
  readonly runId: string;
  readonly callbackId: string;
  /** The admission of its lane under which it begins; null: it has none. */
  readonly turn: string | null;
}

/**
 * Begins the first tries of these runs of a pack. Those that wait no more, or for their turn, or were tried, are left
 * out.
 */
export async function claimFirstTries(
  pool: Pool,
  { workspaceId, runIds: [pack] }: PackRef,
  runIds: readonly string[],
  leaseMs: number,
): Promise<PackedRun[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<PackedRun>({
    name: 'action_pack.claim',
    text: `WITH fresh AS (
             SELECT id FROM action_runs WHERE workspace_id = $1 AND id = ANY ($2::bigint[]) AND state = 'waiting' AND attempts = 0 AND ${MAY_BEGIN}
              ORDER BY id FOR UPDATE
           ), taken AS (
             UPDATE lane_grants g SET lease_until = clock_timestamp() + interval '60 seconds'
              WHERE g.answered_at IS NULL AND g.id = ANY (ARRAY(
                SELECT r.turn FROM action_runs r JOIN fresh f USING (id) WHERE r.workspace_id = $1 AND r.turn IS NOT NULL))
           )
           UPDATE action_runs r SET attempts = 1, pack = $3, due_at = clock_timestamp() + $4::float8 * interval '1 millisecond'
             FROM fresh f WHERE r.workspace_id = $1 AND r.id = f.id
        RETURNING r.id::text AS "runId", callback_id AS "callbackId", turn::text, action, call_hash AS "callHash", source, sealed_input AS "sealedInput",
                  sealed_result AS "sealedResult", attempts AS attempt,
                  (extract(epoch FROM give_up_at - clock_timestamp()) * 1000)::float8 AS "giveUpInMs"`,
    values: [workspaceId, runIds, pack, leaseMs],
  });
  return rows;
}

/** How the handler of a run of a pack ended. */
export interface PackedResult extends RunResult {
  readonly runId: string;
}

/**
 * Keeps how first tries ended, and begins their completions. Those that another try has overtaken, or that were
 * cancelled, are left out.
 */
export async function storeFirstTries(
  pool: Pool,
  workspaceId: string,
  results: readonly PackedResult[],
): Promise<(CompletingRun & { readonly runId: string })[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<CompletingRun & { runId: string }>({
    name: 'action_pack.result',
    text: `WITH ended AS (
             SELECT r.id, u.code, u.reason, u.result
               FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) AS u (id, code, reason, result)
               JOIN action_runs r ON r.workspace_id = $1 AND r.id = u.id AND r.state = 'waiting' AND r.attempts = 1
              ORDER BY r.id FOR UPDATE OF r
           )
           UPDATE action_runs r SET state = 'completing', error_code = e.code, reason = e.reason, sealed_result = e.result,
                  completion_tries = 1, due_at = clock_timestamp() + interval '60 seconds'
             FROM ended e WHERE r.workspace_id = $1 AND r.id = e.id
        RETURNING r.id::text AS "runId", action, callback_id AS "callbackId", call_hash AS "callHash", error_code AS "errorCode",
                  r.reason, sealed_result AS "sealedResult", completion_tries AS tries,
                  (extract(epoch FROM clock_timestamp() - received_at) * 1000)::float8 AS "ageMs",
                  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS "expiresInMs",
                  told_at IS NOT NULL AS "isTold"`,
    values: [
      workspaceId,
      ...[results.map(({ runId }) => runId), results.map(({ errorCode }) => errorCode)],
      ...[results.map(({ reason }) => reason), results.map(({ sealedResult }) => sealedResult)],
    ],
  });
  return rows;
}

/** How a run ended. `told`: HubSpot has its outputs. */
export interface EndedRun {
  readonly runId: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly told: boolean;
}

/** Ends these runs. Returns the ids of those that had not ended. */
export async function endRuns(
  pool: Pool,
  workspaceId: string,
  ends: readonly EndedRun[],
): Promise<ReadonlySet<string>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ runId: string }>({
    name: 'action_pack.end',
    text: `WITH told AS (
             SELECT r.id, u.state, u.reason, u.told
               FROM unnest($2::bigint[], $3::text[], $4::text[], $5::boolean[]) AS u (id, state, reason, told)
               JOIN action_runs r ON r.workspace_id = $1 AND r.id = u.id AND r.state = 'completing'
              ORDER BY r.id FOR UPDATE OF r
           )
           UPDATE action_runs r SET state = t.state, reason = coalesce(t.reason, r.reason), ended_at = clock_timestamp(),
                  told_at = CASE WHEN t.told THEN coalesce(told_at, clock_timestamp()) ELSE told_at END
             FROM told t WHERE r.workspace_id = $1 AND r.id = t.id
        RETURNING r.id::text AS "runId"`,
    values: [
      workspaceId,
      ...[ends.map(({ runId }) => runId), ends.map(({ state }) => state)],
      ...[ends.map(({ reason }) => reason), ends.map(({ told }) => told)],
    ],
  });
  return new Set(rows.map(({ runId }) => runId));
}

/** Those of a pack that its activity had in hand, and that have not ended: it died, or failed. */
export async function runsLeftBehind(
  pool: Pool,
  { workspaceId, runIds }: PackRef,
): Promise<{ readonly runId: string; readonly callbackId: string }[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ runId: string; callbackId: string }>({
    name: 'action_pack.left_behind',
    text: `SELECT id::text AS "runId", callback_id AS "callbackId" FROM action_runs
            WHERE workspace_id = $1 AND id = ANY ($2::bigint[]) AND pack = $3 AND state IN ('waiting', 'completing')`,
    values: [workspaceId, runIds, runIds[0]],
  });
  return rows;
}

/** Those of these runs whose first try may still say what comes of it. */
export async function stillTried(
  pool: Pool,
  workspaceId: string,
  runIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ runId: string }>({
    name: 'action_pack.still',
    text: `SELECT id::text AS "runId" FROM action_runs
            WHERE workspace_id = $1 AND id = ANY ($2::bigint[]) AND state = 'waiting' AND attempts = 1`,
    values: [workspaceId, runIds],
  });
  return new Set(rows.map(({ runId }) => runId));
}

/** Ends those that wait; the sweep has HubSpot told of each. */
export async function cancelRuns(
  pool: Pool,
  { workspaceId, runIds }: PackRef,
  reason: string | null,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'action_pack.cancel',
    text: `WITH waiting AS (
             SELECT id FROM action_runs WHERE workspace_id = $1 AND id = ANY ($2::bigint[]) AND state = 'waiting' ORDER BY id FOR UPDATE
           )
           UPDATE action_runs r SET state = 'completing', error_code = 'cancelled', reason = $3, sealed_result = NULL,
                  due_at = clock_timestamp()
             FROM waiting w WHERE r.workspace_id = $1 AND r.id = w.id`,
    values: [workspaceId, runIds, reason],
  });
}
