import { setMaxListeners } from 'node:events';
import { DueQueue } from '../../domain/hubspot/dueQueue.js';
import { PRIORITIES, type Priority } from '../../domain/hubspot/priorities.js';
import type { Blocks } from './blocks.js';
import type { LeasedSlots } from './leasedSlots.js';
import { dueAt, slotsToAsk } from './pace.js';
import type { BudgetMetrics, Permit } from './permit.js';
import { PriorityQueue, type Waiter } from './priorityQueue.js';

/** The slots that a portal's requests need now, by priority. */
export interface Demand {
  readonly portalId: number;
  readonly counts: readonly number[];
}

/** The requests of one portal that wait. */
interface PortalQueue {
  readonly portalId: number;
  readonly waiters: PriorityQueue<Permit>;
  /** From when on asking for slots is worth it, by priority (monotonic; 0: at once). */
  askAt: readonly number[];
}

interface Dependencies {
  readonly slots: LeasedSlots;
  readonly blocks: Blocks;
  readonly metrics?: BudgetMetrics | undefined;
}

const MAX_PER_LEASE = 10;
/** For `askAt`, by priority. */
export const AT_ONCE: readonly number[] = PRIORITIES.map(() => 0);

/** The requests that wait for slots of one bucket, of all portals: it gives them idle slots, and says what to lease. */
export class WaitingRequests {
  readonly #deps: Dependencies;
  readonly #queues = new Map<number, PortalQueue>();
  /** Portals for which a request waits, by when to ask. */
  readonly #due = new DueQueue<PortalQueue>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** When to ask for the next portal. */
  get nextAt(): number {
    return this.#due.nextAt;
  }

  /** Waits for a permit of the portal. Rejects with the signal's reason. */
  add(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit> {
    return new Promise<Permit>((resolve, reject) => {
      const queue = this.#queueOf(portalId);
      const waiter: Waiter<Permit> = {
        priority,
        since: performance.now(),
        resolve: (permit) => {
          signal?.removeEventListener('abort', leave);
          this.#deps.metrics?.budgetWait({ portalId, priority, ms: performance.now() - waiter.since });
          resolve(permit);
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      const leave = () => {
        if (queue.waiters.remove(waiter)) reject(abortReason(signal));
        this.#settle(queue);
      };
      if (signal) {
        setMaxListeners(0, signal); // one signal may end the wait of many requests
        signal.addEventListener('abort', leave, { once: true });
      }
      queue.waiters.add(waiter);
      this.serve(portalId);
    });
  }

  /** Gives the portal's idle slots to its requests. */
  serve(portalId: number): void {
    const queue = this.#queues.get(portalId);
    if (!queue) return;
    const now = performance.now();
    const blocked = this.#deps.blocks.leftMs(portalId, now) > 0;
    while (queue.waiters.size > 0) {
      const slot = this.#deps.slots.takeIdle(portalId, { now, blocked });
      if (!slot) break;
      const waiter = queue.waiters.next(slot.priority);
      if (waiter) slot.priority = waiter.priority;
      waiter?.resolve(this.#deps.slots.handOut(slot));
    }
    this.#settle(queue);
  }

  /** What to ask for now, of at most `max` portals. They are not due again until `askAt` or `settle`. */
  takeDue(now: number, max: number): Demand[] {
    const demands: Demand[] = [];
    while (demands.length < max) {
      const queue = this.#due.take(now);
      if (!queue) break;
      const counts = slotsToAsk(waitingOf(queue), queue.askAt, { now, max: MAX_PER_LEASE });
      demands.push({ portalId: queue.portalId, counts });
    }
    return demands;
  }

  /** From when on asking for the portal is worth it, by priority. Remembered while requests or idle slots are here. */
  askAt(portalId: number, askAt: readonly number[]): void {
    const queue = this.#queueOf(portalId);
    queue.askAt = askAt;
    this.#settle(queue);
  }

  /** A portal that was taken is due again when it was due before; one of which nothing is here is forgotten. */
  settle(portalId: number): void {
    const queue = this.#queues.get(portalId);
    if (queue) this.#settle(queue);
  }

  /** Rejects the requests of a portal. */
  reject(portalId: number, error: Error): void {
    const queue = this.#queues.get(portalId);
    if (!queue) return;
    for (let waiter = queue.waiters.next(); waiter; waiter = queue.waiters.next()) waiter.reject(error);
    this.#settle(queue);
  }

  rejectAll(error: Error): void {
    for (const portalId of [...this.#queues.keys()]) this.reject(portalId, error);
  }

  #queueOf(portalId: number): PortalQueue {
    let queue = this.#queues.get(portalId);
    if (!queue) {
      queue = { portalId, waiters: new PriorityQueue(), askAt: AT_ONCE };
      this.#queues.set(portalId, queue);
    }
    return queue;
  }

  #settle(queue: PortalQueue): void {
    this.#due.set(queue, dueAt(waitingOf(queue), queue.askAt));
    if (queue.waiters.size === 0 && !this.#deps.slots.hasIdle(queue.portalId))
      this.#queues.delete(queue.portalId);
  }
}

function waitingOf({ waiters }: PortalQueue): number[] {
  return PRIORITIES.map((priority) => waiters.count(priority));
}

export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('The wait for a slot was ended');
}
