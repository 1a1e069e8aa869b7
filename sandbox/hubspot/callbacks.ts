import { isRecord } from '../platform/isRecord.js';
import type { Completion, Execution } from '../throttle/entities.js';
import type { Enrolments } from '../throttle/enrolments.js';
import { noContent, type Answer } from '../platform/answer.js';
import type { Outputs } from '../throttle/outputs.js';
import type { Portal } from '../portals/portal.js';
import type { Settings } from '../settings.js';
import { callbackNotFound, validationError } from './errors.js';

const MAX_IN_A_BATCH = 100;

export interface CallbackDeps {
  appId: number;
  settings: Settings;
  enrolments: Enrolments;
  /** Called for a completion that is answered 2xx and has no effect. */
  ignored: (portal: Portal, execution: Execution | undefined) => void;
}

/** One input of a completing request, after its checks. */
type Entry =
  | { kind: 'completion'; execution: Execution; outcome: string; outputs: Outputs }
  | { kind: 'unknown'; callbackId: string; execution: Execution | undefined }
  | { kind: 'malformed'; problem: string; field: string; execution: Execution | undefined }
  /** `hs_execution_state` outside of `outputFields`: answered 204, without effect (docs/hubspot.md#callbacks). */
  | { kind: 'bare'; execution: Execution | undefined };

export function completeOne(
  deps: CallbackDeps,
  portal: Portal,
  callbackId: string,
  body: unknown,
  done: Completion,
): Answer {
  if (!isRecord(body)) return validationError('Invalid input JSON: the body must be an object.');
  return apply(deps, portal, [readEntry(deps, portal, { ...body, callbackId }, '')], done);
}

export function completeBatch(deps: CallbackDeps, portal: Portal, body: unknown, done: Completion): Answer {
  if (!isRecord(body) || !Array.isArray(body['inputs'])) {
    return validationError('Invalid input JSON: some required fields were not set: [inputs]');
  }
  const inputs: unknown[] = body['inputs'];
  if (inputs.length > MAX_IN_A_BATCH) {
    return validationError(`The batch has ${inputs.length} inputs; at most ${MAX_IN_A_BATCH} are allowed.`);
  }
  const entries = inputs.map((input, index) => readEntry(deps, portal, input, `inputs[${index}].`));
  return apply(deps, portal, entries, done);
}

/** All or nothing: when one entry is rejected, the request has no effect. */
function apply(deps: CallbackDeps, portal: Portal, entries: Entry[], done: Completion): Answer {
  for (const entry of entries) {
    if (entry.kind === 'malformed' && deps.settings.malformedCallbacks === 'reject') {
      return validationError(`Invalid input JSON: ${entry.problem}`, [
        { message: entry.problem, in: entry.field },
      ]);
    }
    if (entry.kind === 'unknown' && deps.settings.unknownCallbacks === 'reject') {
      return callbackNotFound(entry.callbackId, deps.appId);
    }
  }
  for (const entry of entries) {
    if (entry.kind !== 'completion') {
      deps.ignored(portal, entry.execution);
      continue;
    }
    const effect = deps.enrolments.complete(entry.execution, entry.outcome, entry.outputs, done);
    if (effect === 'tooEarly' || effect === 'over') deps.ignored(portal, entry.execution);
  }
  return noContent();
}

function readEntry(deps: CallbackDeps, portal: Portal, input: unknown, at: string): Entry {
  if (!isRecord(input)) {
    return {
      kind: 'malformed',
      problem: 'an object is expected',
      field: at.slice(0, -1),
      execution: undefined,
    };
  }
  const { callbackId, outputFields } = input;
  if (typeof callbackId !== 'string' || callbackId === '') {
    const problem = 'some required fields were not set: [callbackId]';
    return { kind: 'malformed', problem, field: `${at}callbackId`, execution: undefined };
  }
  const execution = ownExecution(deps, portal, callbackId);
  if (outputFields === undefined && 'hs_execution_state' in input) return { kind: 'bare', execution };
  const problem = problemOf(outputFields);
  if (problem) return { kind: 'malformed', problem, field: `${at}outputFields`, execution };
  // Whether HubSpot still knows a callback that it no longer waits for is open. A repeated completion is harmless.
  const over =
    execution?.state === 'expired' || execution?.state === 'failed' || execution?.state === 'answered';
  if (!execution || over) return { kind: 'unknown', callbackId, execution };
  const outputs = outputFields as Outputs;
  return { kind: 'completion', execution, outcome: outputs['hs_execution_state'] ?? '', outputs };
}

function problemOf(outputFields: unknown): string | undefined {
  if (outputFields === undefined) return 'some required fields were not set: [outputFields]';
  if (!isRecord(outputFields)) return 'outputFields must be an object';
  for (const [name, value] of Object.entries(outputFields)) {
    if (typeof value !== 'string') return `outputFields.${name} must be a string`;
  }
  const state = outputFields['hs_execution_state'];
  if (state === 'SUCCESS' || state === 'FAIL_CONTINUE') return undefined;
  return 'outputFields.hs_execution_state must be SUCCESS or FAIL_CONTINUE';
}

/** The execution, if it is the portal's: a token completes its own portal's callbacks only. */
function ownExecution(deps: CallbackDeps, portal: Portal, callbackId: string): Execution | undefined {
  const execution = deps.enrolments.find(callbackId);
  return execution?.step.lane.portalId === portal.portalId ? execution : undefined;
}
