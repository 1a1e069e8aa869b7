import { hash } from 'node:crypto';
import type { RunState } from '../../domain/actions/runStates.js';
import type { Rate } from '../../domain/throttle/rate.js';
import type { Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/** One call of an action, ready to be committed. */
export interface ActionIntakeCall {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly callbackId: string;
  readonly callHash: Buffer;
  readonly bodyHash: Buffer;
  readonly action: string;
  readonly version: number;
  readonly source: string;
  readonly objectId: string | null;
  readonly sealedInput: string;
  /** Why it ends at once: its fields do not fit. */
  readonly refusal: { readonly code: string; readonly reason: string } | null;
  readonly giveUpAfterMs: number;
  /** Where it waits for its turn; null: it begins at once. */
  readonly lane: RunLane | null;
}

/** A lane of a portal in which runs of an action wait. */
export interface RunLane {
  readonly key: string;
  readonly queue: string | null;
  readonly queueNote: string | null;
  readonly rate: Rate;
}

export interface ActionIntakeLimits {
  readonly blockMinMs: number;
  readonly blockMaxMs: number;
  readonly guardMs: number;
}

/** What became of a call, or of the earlier one that it repeats. */
export interface ActionIntakeAnswer {
  readonly runId: string;
  readonly workspaceId: string;
  readonly state: RunState;
  readonly errorCode: string | null;
  readonly reason: string | null;
  readonly sealedResult: string | null;
  readonly expiresInMs: number;
  readonly fresh: boolean;
  /** False when the repeat came with another body than the first call. */
  readonly sameBody: boolean;
}

const PARAMETERS = `$1, $2::uuid[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[], $7::text[], $8::int[],
                    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::float8[], $15, $16, $17`;
const AT_ONCE = `intake_action_runs(${PARAMETERS})`;
const IN_LANES = `intake_runs_in_lanes(${PARAMETERS}, $18::text[], $19::text[], $20::text[], $21::int[], $22::bigint[], $23::bigint[])`;

/** Names a call, whichever database has it. */
export function callHashOf(workspaceId: string, portalId: number, callbackId: string): Buffer {
  return hash('sha256', `${workspaceId}\n${portalId}\n${callbackId}`, 'buffer');
}

/**
 * Commits calls together (migrations/functions/actions/intake_action_runs.sql; intake_runs_in_lanes.sql where some wait
 * for their turn). Resolves after the commit, with the
 * answers in the order of the calls. All calls fail together: on an error none was committed.
 */
export async function intakeActionRuns(
  db: Queryable,
  calls: readonly ActionIntakeCall[],
  { blockMinMs, blockMaxMs, guardMs }: ActionIntakeLimits,
): Promise<ActionIntakeAnswer[]> {
  const inLanes = calls.some(({ lane }) => lane !== null);
  const { rows } = await db.query<ActionIntakeAnswer & { ord: number }>({
    name: inLanes ? 'intake_runs_in_lanes' : 'intake_action_runs',
    text: `SELECT ord, id::text AS "runId", workspace_id AS "workspaceId", state, error_code AS "errorCode", reason,
                  sealed_result AS "sealedResult", expires_in_ms AS "expiresInMs", fresh, same_body AS "sameBody"
             FROM ${inLanes ? IN_LANES : AT_ONCE}`,
    values: [
      workspaceList(calls.map((call) => call.workspaceId)),
      calls.map((call) => call.workspaceId),
      calls.map((call) => call.portalId),
      calls.map((call) => call.callbackId),
      calls.map((call) => call.callHash),
      calls.map((call) => call.bodyHash),
      calls.map((call) => call.action),
      calls.map((call) => call.version),
      calls.map((call) => call.source),
      calls.map((call) => call.objectId),
      calls.map((call) => call.sealedInput),
      calls.map((call) => call.refusal?.code ?? null),
      calls.map((call) => call.refusal?.reason ?? null),
      // Nobody knows how long it waits: HubSpot is asked to hold the record for as long as it can.
      calls.map((call) => (call.lane ? blockMaxMs : call.giveUpAfterMs)),
      ...[blockMinMs, blockMaxMs, guardMs],
      ...(inLanes ? lanesOf(calls) : []),
    ],
  });
  const answers = new Array<ActionIntakeAnswer>(calls.length);
  for (const row of rows) answers[row.ord - 1] = row;
  if (rows.length !== calls.length)
    throw new Error(`The intake of actions answered ${rows.length} of ${calls.length} calls`);
  return answers;
}

function lanesOf(calls: readonly ActionIntakeCall[]) {
  return [
    calls.map(({ lane }) => lane?.key ?? null),
    calls.map(({ lane }) => lane?.queue ?? null),
    calls.map(({ lane }) => lane?.queueNote ?? null),
    calls.map(({ lane }) => lane?.rate.limit ?? null),
    calls.map(({ lane }) => lane?.rate.intervalMs ?? null),
    calls.map(({ lane, giveUpAfterMs }) => (lane ? giveUpAfterMs : null)),
  ];
}
