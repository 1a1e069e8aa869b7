import { Agenda } from '../platform/agenda.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { Caller } from '../throttle/caller.js';
import type { Target } from '../throttle/entities.js';
import { EventQueue } from './eventQueue.js';
import type { WebhookEvent } from './events.js';
import { webhookTarget } from './signing.js';
import { Tally } from './tally.js';
import type { WebhooksPlan } from './webhooksPlan.js';

const MAX_EVENTS = 100;
/** What happens within it may go in one request. */
const GATHER_MS = 10;
/** Some 100 MB of events. */
const MAX_PENDING = 250_000;

export interface PushDeps {
  clock: Clock;
  random: Random;
  secret: () => string;
}

interface Batch {
  events: readonly WebhookEvent[];
  attempt: number;
}

/** Sends events in requests of up to a hundred, of any portals, and each request again until it is answered 2xx. */
export class Pushes {
  readonly tally = new Tally();
  private readonly queue: EventQueue;
  private readonly agenda: Agenda<Batch | 'events'>;
  private readonly repeats: Batch[] = [];
  private readonly caller = new Caller(() => this.plan.timeoutMs);
  private target: Target;
  private inFlight = 0;
  private isEnded = false;

  constructor(
    private plan: WebhooksPlan,
    private readonly deps: PushDeps,
    private readonly maxPending = MAX_PENDING,
  ) {
    this.queue = new EventQueue(deps.random);
    this.agenda = new Agenda(
      () => deps.clock.now(),
      (due) => this.become(due),
    );
    this.target = webhookTarget(plan, deps);
  }

  /** What is pending goes by the new plan. */
  change(plan: WebhooksPlan): void {
    this.plan = plan;
    this.target = webhookTarget(plan, this.deps);
    this.pump();
  }

  add(event: WebhookEvent): void {
    const { tally, plan } = this;
    tally.produced += 1;
    if (tally.pending >= this.maxPending) tally.overflowed += 1;
    else if (this.deps.random() * 1_000 < plan.losePerMille) tally.lost += 1;
    else this.enqueue(event, false);
  }

  /** Requests without an answer are broken off, and nothing is sent any more. */
  async end(): Promise<void> {
    this.isEnded = true;
    this.agenda.close();
    this.queue.clear();
    this.repeats.length = 0;
    this.tally.dropped += this.tally.pending;
    this.tally.pending = 0;
    await this.caller.close();
  }

  private enqueue(event: WebhookEvent, isCopy: boolean): void {
    this.tally.pending += 1;
    const dueMs = this.deps.clock.now() + this.plan.delayMs;
    if (this.queue.nextDueMs === undefined) this.agenda.add(dueMs + GATHER_MS, 'events');
    this.queue.add({ event, dueMs, isCopy });
  }

  private become(due: Batch | 'events'): void {
    if (due === 'events') {
      this.queue.ripen(this.deps.clock.now());
      const { nextDueMs } = this.queue;
      if (nextDueMs !== undefined) this.agenda.add(nextDueMs + GATHER_MS, 'events');
    } else this.repeats.push(due);
    this.pump();
  }

  private pump(): void {
    while (!this.isEnded && this.inFlight < this.plan.maxConcurrentRequests) {
      const batch = this.repeats.shift() ?? this.takeNew();
      if (!batch) return;
      this.send(batch);
    }
  }

  private takeNew(): Batch | undefined {
    const taken = this.queue.take(MAX_EVENTS, this.plan.shuffle);
    if (taken.length === 0) return undefined;
    for (const { event, isCopy } of taken) {
      if (isCopy || this.deps.random() >= this.plan.double) continue;
      this.tally.doubled += 1;
      this.enqueue(event, true);
    }
    return { events: taken.map(({ event }) => event), attempt: 0 };
  }

  private send(batch: Batch): void {
    this.inFlight += 1;
    this.tally.requests += 1;
    if (batch.attempt > 0) this.tally.retried += 1;
    const body = JSON.stringify(batch.events.map((event) => ({ ...event, attemptNumber: batch.attempt })));
    this.caller.post(this.target, body, ({ status }) => this.settle(batch, status));
  }

  private settle({ events, attempt }: Batch, status: number): void {
    if (this.isEnded) return;
    const { tally, plan } = this;
    this.inFlight -= 1;
    tally.answered(status);
    const isTaken = status >= 200 && status < 300;
    const isLast = attempt + 1 >= plan.attempts;
    if (isTaken || isLast) tally.pending -= events.length;
    if (isTaken) tally.sent += events.length;
    else {
      const at = new Date(this.deps.clock.epochMs()).toISOString();
      tally.failed({ at, status, attempt, events: events.length });
      if (isLast) tally.givenUp += events.length;
      else
        this.agenda.add(this.deps.clock.now() + this.pauseAfter(attempt), { events, attempt: attempt + 1 });
    }
    this.pump();
  }

  private pauseAfter(attempt: number): number {
    return this.plan.retryBaseMs * 2 ** attempt * (1 + this.deps.random() / 2);
  }
}
