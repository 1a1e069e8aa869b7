import type { Caller } from './caller.js';
import type { Clock } from '../platform/clock.js';
import type { Enrolments } from './enrolments.js';
import type { Batch, EnrolPlan, Execution, Workflow } from './entities.js';

const TICK_MS = 5;
/** How much a stall of the process is made up for in one go. */
const CATCH_UP_MS = 100;

export class Enroller {
  readonly batches = new Map<string, Batch>();
  private readonly pacing = new Set<Batch>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly caller: Caller,
    private readonly enrolments: Enrolments,
  ) {}

  enrol(workflow: Workflow, plan: EnrolPlan): Batch {
    const batch: Batch = {
      batchId: `batch-${this.batches.size + 1}`,
      workflow,
      plan,
      started: 0,
      inFlight: 0,
      credit: 1,
      creditAtMs: this.clock.now(),
      ready: [],
      byState: { queued: plan.count, calling: 0, retrying: 0, waiting: 0, completed: 0, failed: 0 },
    };
    this.batches.set(batch.batchId, batch);
    workflow.batches.push(batch);
    this.pump(batch);
    return batch;
  }

  /** Sends a next step, or repeats a call. */
  send(execution: Execution): void {
    const { batch } = execution.enrolment;
    batch.ready.push(execution);
    this.pump(batch);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
  }

  private pump(batch: Batch): void {
    if (this.closed) return;
    const { plan } = batch;
    this.earn(batch);
    while (batch.inFlight < plan.concurrency && batch.credit >= 1) {
      const execution = this.next(batch);
      if (!execution) break;
      batch.credit -= 1;
      this.call(batch, execution);
    }
    const paced = plan.ratePerSecond > 0 && this.hasMore(batch);
    if (paced) this.pacing.add(batch);
    else this.pacing.delete(batch);
    this.updateTimer();
  }

  private next(batch: Batch): Execution | null {
    const again = batch.ready.shift();
    if (again) return again;
    if (batch.started >= batch.plan.count) return null;
    batch.started += 1;
    return this.enrolments.enrol(batch.workflow, batch);
  }

  private hasMore(batch: Batch): boolean {
    return batch.ready.length > 0 || batch.started < batch.plan.count;
  }

  private earn(batch: Batch): void {
    const rate = batch.plan.ratePerSecond;
    if (rate === 0) {
      batch.credit = Infinity;
      return;
    }
    const now = this.clock.now();
    const maxCredit = Math.max(1, (rate * CATCH_UP_MS) / 1000);
    batch.credit = Math.min(maxCredit, batch.credit + ((now - batch.creditAtMs) * rate) / 1000);
    batch.creditAtMs = now;
  }

  private call(batch: Batch, execution: Execution): void {
    const { step, enrolment } = execution;
    const body = step.body(
      execution.callbackId,
      enrolment.enrollmentId,
      execution.stepIndex,
      enrolment.objectId,
    );
    // `callsEach` applies to the first call only; a repeat of an unanswered call is a duplicate by itself.
    const copies = execution.attempts === 0 ? batch.plan.callsEach : 1;
    this.enrolments.sending(execution, copies);
    for (let copy = 0; copy < copies; copy += 1) {
      batch.inFlight += 1;
      this.caller.post(step.action.target, body, (answer) => {
        batch.inFlight -= 1;
        if (this.closed) return;
        this.enrolments.answered(execution, answer);
        this.pump(batch);
      });
    }
  }

  /** One timer for all batches with a rate. It runs only while one of them has calls left to make. */
  private updateTimer(): void {
    if (this.pacing.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setInterval(() => {
      for (const batch of this.pacing) this.pump(batch);
    }, TICK_MS);
  }
}
