import { Agenda } from '../platform/agenda.js';
import type { ActionAnswer } from './caller.js';
import type { Clock } from '../platform/clock.js';
import { durationMs } from '../platform/duration.js';
import type {
  Batch,
  Completion,
  Enrolment,
  EnrolmentState,
  Execution,
  ExecutionState,
  Workflow,
} from './entities.js';
import type { Outputs } from './outputs.js';
import type { Random } from '../platform/random.js';
import type { Settings } from '../settings.js';

export type CompletionEffect = 'completed' | 'repeated' | 'tooEarly' | 'over';

const RETRY_FOR_MS = 3 * 24 * 3_600_000;
const FIRST_ENROLLMENT_ID = 100_456_362_982;
const FIRST_OBJECT_ID = 7_192_748_760;

/**
 * How an enrolment proceeds by what the action answers (docs/hubspot.md#custom-workflow-actions) and what a callback
 * says (docs/hubspot.md#callbacks).
 */
export class Enrolments {
  readonly all: Enrolment[] = [];
  private readonly executions = new Map<string, Execution>();
  private readonly agenda: Agenda<Execution>;
  private sequence = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: Settings,
    /** Called when an execution is to be sent, or sent again. */
    private readonly ready: (execution: Execution) => void,
  ) {
    this.agenda = new Agenda(
      () => clock.now(),
      (execution) => this.onDue(execution),
    );
  }

  find(callbackId: string): Execution | undefined {
    return this.executions.get(callbackId);
  }

  enrol(workflow: Workflow, batch: Batch): Execution | null {
    const number = this.sequence;
    this.sequence += 1;
    const enrolment: Enrolment = {
      enrollmentId: FIRST_ENROLLMENT_ID + number,
      objectId: batch.plan.objectIds?.[batch.started - 1] ?? FIRST_OBJECT_ID + number,
      workflow,
      batch,
      state: 'calling',
      current: null,
    };
    batch.byState.queued -= 1;
    batch.byState.calling += 1;
    this.all.push(enrolment);
    return this.enter(enrolment, 0);
  }

  /** Records that the same call is sent `copies` times at once. */
  sending(execution: Execution, copies: number): void {
    if (execution.attempts === 0) execution.firstCallMs = this.clock.now();
    execution.attempts += 1;
    execution.inFlight += copies;
    execution.step.lane.actionCalls += copies;
  }

  /** Applies the answer to an action call; `status` 0 means that none came. */
  answered(execution: Execution, answer: ActionAnswer): void {
    execution.inFlight -= 1;
    // The first answer that decides counts. Answers to repeats of the call change nothing.
    if (execution.state !== 'calling' && execution.state !== 'retrying') return;
    const { status } = answer;
    if (status >= 200 && status < 300) this.accepted(execution, answer.outputs);
    else if (status === 429) this.retry(execution, answer.retryAfterMs);
    else if (status >= 400 && status < 500) this.fail(execution, `HTTP ${status}`);
    else this.retry(execution, undefined);
  }

  complete(
    execution: Execution,
    outcome: string,
    outputs: Outputs,
    completion: Completion,
  ): CompletionEffect {
    const { lane } = execution.step;
    if (execution.completion) {
      lane.duplicateCallbacks += 1;
      if (execution.outcome !== outcome) lane.contradicted += 1;
      // A caller that never got the answer has to repeat the call. Other repeats are counted once per execution.
      if (!execution.completion.lost) {
        lane.completedTwice += 1;
        execution.completion = { ...execution.completion, lost: true };
        execution.repeatedMs = completion.atMs;
      }
      return 'repeated';
    }
    const { state } = execution;
    if (state === 'answered' || state === 'failed' || state === 'expired') return 'over';
    if (state !== 'waiting' || this.clock.now() < execution.blockedMs + this.settings.raceWindowMs) {
      return 'tooEarly';
    }
    execution.completion = completion;
    lane.noteCompleted(completion.atMs, completion.atMs - execution.blockedMs, outcome, outputs);
    this.end(execution, 'completed', outcome, outputs);
    this.advance(execution);
    return 'completed';
  }

  /** As if another integration had completed it: not counted as a completion. False when it does not wait. */
  completeByOthers(execution: Execution): boolean {
    if (execution.state !== 'waiting') return false;
    execution.completion = { atMs: this.clock.now(), lost: true };
    execution.step.lane.completedByOthers += 1;
    this.end(execution, 'completed', 'SUCCESS', {});
    this.advance(execution);
    return true;
  }

  /** As if its expiry had come. False when it does not wait. */
  expire(execution: Execution): boolean {
    if (execution.state !== 'waiting') return false;
    execution.step.lane.expired += 1;
    this.end(execution, 'expired', null, {});
    this.advance(execution);
    return true;
  }

  close(): void {
    this.agenda.close();
  }

  private accepted(execution: Execution, outputs: Outputs): void {
    const { lane } = execution.step;
    const state = outputs['hs_execution_state'];
    const now = this.clock.now();
    if (state === 'BLOCK') {
      const wanted = outputs['hs_expiration_duration'];
      const expiryMs = (wanted === undefined ? undefined : durationMs(wanted)) ?? this.settings.blockExpiryMs;
      execution.state = 'waiting';
      execution.blockedMs = now;
      execution.dueMs = now + expiryMs;
      lane.noteAcknowledged(now);
      this.agenda.add(execution.dueMs, execution);
      this.move(execution.enrolment, 'waiting');
      return;
    }
    lane.answeredAtOnce += 1;
    lane.noteStatus(outputs);
    this.end(execution, 'answered', state ?? 'SUCCESS', outputs);
    this.advance(execution);
  }

  private retry(execution: Execution, retryAfterMs: number | undefined): void {
    // A copy of the call that is still open may bring the answer; the last one schedules the next try.
    if (execution.inFlight > 0) return;
    const now = this.clock.now();
    if (now - execution.firstCallMs > RETRY_FOR_MS) {
      this.fail(execution, 'no answer within three days');
      return;
    }
    const { retryBaseMs, retryMaxMs } = this.settings;
    const backOff = Math.min(retryMaxMs, retryBaseMs * 2 ** (execution.attempts - 1));
    execution.state = 'retrying';
    execution.dueMs = now + (retryAfterMs ?? backOff * (1 + 0.1 * this.random()));
    this.move(execution.enrolment, 'retrying');
    this.agenda.add(execution.dueMs, execution);
  }

  private fail(execution: Execution, reason: string): void {
    execution.step.lane.failed += 1;
    this.end(execution, 'failed', reason, {});
    this.move(execution.enrolment, 'failed');
  }

  private end(execution: Execution, state: ExecutionState, outcome: string | null, outputs: Outputs): void {
    execution.state = state;
    execution.outcome = outcome;
    execution.outputs = outputs;
  }

  private advance(execution: Execution): void {
    const next = this.enter(execution.enrolment, execution.stepIndex + 1);
    if (next) this.ready(next);
  }

  private enter(enrolment: Enrolment, stepIndex: number): Execution | null {
    const step = enrolment.workflow.steps[stepIndex];
    if (!step) {
      this.move(enrolment, 'completed');
      return null;
    }
    const { portalId } = enrolment.workflow.portal;
    const execution: Execution = {
      callbackId: `ap-${portalId}-${enrolment.enrollmentId}-${stepIndex + 1}-0`,
      enrolment,
      step,
      stepIndex,
      state: 'calling',
      attempts: 0,
      inFlight: 0,
      firstCallMs: 0,
      blockedMs: 0,
      dueMs: 0,
      outcome: null,
      outputs: null,
      completion: null,
      repeatedMs: null,
    };
    enrolment.current = execution;
    this.executions.set(execution.callbackId, execution);
    this.move(enrolment, 'calling');
    return execution;
  }

  private onDue(execution: Execution): void {
    if (execution.dueMs > this.clock.now()) return;
    if (execution.state === 'waiting') this.expire(execution);
    if (execution.state === 'retrying') {
      execution.state = 'calling';
      this.move(execution.enrolment, 'calling');
      this.ready(execution);
    }
  }

  private move(enrolment: Enrolment, state: EnrolmentState): void {
    if (enrolment.state === state) return;
    const { byState } = enrolment.batch;
    byState[enrolment.state] -= 1;
    byState[state] += 1;
    enrolment.state = state;
  }
}
