import {
  PACED,
  PRIORITIES,
  WEIGHTS,
  type PacedPriority,
  type Priority,
} from '../../domain/hubspot/priorities.js';

export interface Waiter<T> {
  readonly priority: Priority;
  readonly since: number;
  resolve(value: T): void;
  reject(reason: Error): void;
}

/**
 * Requests that wait for slots of one portal: first come, first served within a priority; between priorities by weight
 * (stride scheduling).
 */
export class PriorityQueue<T> {
  readonly #queues = new Map<Priority, Set<Waiter<T>>>(PRIORITIES.map((priority) => [priority, new Set()]));
  readonly #passes = new Map<Priority, number>();
  #pass = 0;

  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.size;
    return size;
  }

  count(priority: Priority): number {
    return this.#queues.get(priority)?.size ?? 0;
  }

  add(waiter: Waiter<T>): void {
    const queue = this.#queues.get(waiter.priority);
    // A priority gets no credit for the time in which it had no request.
    if (queue?.size === 0)
      this.#passes.set(waiter.priority, Math.max(this.#passes.get(waiter.priority) ?? 0, this.#pass));
    queue?.add(waiter);
  }

  remove(waiter: Waiter<T>): boolean {
    return this.#queues.get(waiter.priority)?.delete(waiter) ?? false;
  }

  /**
   * Takes out the request whose turn it is. `leasedFor` is the priority that the database gave the slot to: it goes
   * before the other paced priorities.
   */
  next(leasedFor?: Priority): Waiter<T> | undefined {
    const priority = this.#nextPriority(leasedFor);
    if (priority === undefined) return undefined;
    const queue = this.#queues.get(priority);
    const [waiter] = queue ?? [];
    if (waiter) queue?.delete(waiter);
    return waiter;
  }

  #nextPriority(leasedFor: Priority | undefined): Priority | undefined {
    if (this.count('completion') > 0) return 'completion';
    let best: PacedPriority | undefined;
    for (const priority of PACED) {
      if (this.count(priority) === 0) continue;
      if (priority === leasedFor) {
        best = priority;
        break;
      }
      if (best === undefined || this.#passOf(priority) < this.#passOf(best)) best = priority;
    }
    if (best !== undefined) {
      this.#pass = Math.max(this.#pass, this.#passOf(best));
      this.#passes.set(best, this.#passOf(best) + 1 / WEIGHTS[best]);
    }
    return best;
  }

  #passOf(priority: Priority): number {
    return this.#passes.get(priority) ?? 0;
  }
}
