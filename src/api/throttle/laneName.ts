import type { LaneName } from '../../db/throttle/lanes.js';
import { queueNameOf } from '../../domain/throttle/queueName.js';

/** What a call says of where it comes from; each but the portal may be missing. */
export interface CallOrigin {
  readonly portalId: number;
  readonly callbackId: string;
  readonly definitionId: string | undefined;
  readonly source: string;
  readonly workflowId: string | undefined;
  readonly actionId: string | undefined;
}

/** `ap-{portal}-{enrolment}-{action}-{n}`: so HubSpot names callbacks, and does not promise it (docs/hubspot.md). */
const CALLBACK = /^ap-\d+-\d+-(\d{1,12})-\d+$/;

const UNKNOWN = 'unknown';

/**
 * The lane of a call: that of the queue which its input fields name, else that of its step. HubSpot may leave out which
 * step it is: then the callback tells steps of a workflow apart. Where that does not, either, several steps may share
 * the lane, and the slowest rate that any of them asks for holds there.
 */
export function laneNameOf(call: CallOrigin, queueField: unknown): LaneName {
  const { portalId, callbackId, definitionId = UNKNOWN, source, actionId } = call;
  const workflowId = source === 'WORKFLOWS' ? (call.workflowId ?? UNKNOWN) : source;
  const isOfWorkflow = source === 'WORKFLOWS' && call.workflowId !== undefined;
  const callbackStep = (isOfWorkflow ? CALLBACK.exec(callbackId)?.[1] : undefined) ?? null;
  // Who tries out an action is alone with it.
  const isShared = isOfWorkflow ? actionId === undefined && callbackStep === null : source !== 'TEST';
  const step = actionId ?? (callbackStep === null ? definitionId : `~${callbackStep}`);
  const base = { portalId, workflowId, step, actionId: definitionId };
  const queue = queueNameOf(queueField);
  if (queue !== null) {
    return {
      ...base,
      key: `queue:${queue.folded}`,
      formerKeys: [`queue:${formerName(queueField)}`],
      queue: queue.name,
      queueNote: queue.note,
      callbackStep: null,
      formerStep: actionId === undefined ? definitionId : step,
      sharedBySteps: false,
    };
  }
  return {
    ...base,
    key: `step:${workflowId}/${step}`,
    formerKeys: formerStepKeys(workflowId, { actionId, callbackStep, definitionId }),
    queue: null,
    queueNote: null,
    callbackStep,
    formerStep: step,
    sharedBySteps: isShared,
  };
}

/** A step whose calls named it by their callback alone until now, or by nothing, has its lane under that key. */
function formerStepKeys(
  workflowId: string,
  step: { actionId: string | undefined; callbackStep: string | null; definitionId: string },
): string[] {
  if (step.callbackStep === null) return [];
  return [`step:${workflowId}/${step.actionId === undefined ? step.definitionId : `~${step.callbackStep}`}`];
}

/** As keys were made of names before: cut at 100 units, told apart by case and form. */
function formerName(value: unknown): string {
  return String(value)
    .replace(/\0|\p{Cs}/gu, '')
    .trim()
    .slice(0, 100)
    .replace(/\p{Cs}/gu, '\u{fffd}');
}
