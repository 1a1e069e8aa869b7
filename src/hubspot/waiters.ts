/** Who goes first when the budget is short. */
export const PRIORITIES = ['completion', 'interactive', 'outbox', 'sync', 'backfill'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Completions go before all; the others share what is left in this proportion. A share that nobody wants goes to the rest. */
const WEIGHTS: Record<Exclude<Priority, 'completion'>, number> = {
  interactive: 8,
  outbox: 4,
  sync: 2,
  backfill: 1,
};

export interface Waiter<T> {
  readonly priority: Priority;
  readonly since: number;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** Those who wait for a slot of one portal: first come, first served within a priority (stride scheduling between them). */
export class Waiters<T> {
  readonly #queues = new Map<Priority, Set<Waiter<T>>>(PRIORITIES.map((priority) => [priority, new Set()]));
  readonly #passes = new Map<Priority, number>();
  #pass = 0;

  /** Wait for things that people or other systems are held up by. */
  get fast(): number {
    return this.#size('completion') + this.#size('interactive') + this.#size('outbox');
  }

  /** Wait for background work. */
  get slow(): number {
    return this.#size('sync') + this.#size('backfill');
  }

  get size(): number {
    return this.fast + this.slow;
  }

  add(waiter: Waiter<T>): void {
    const queue = this.#queues.get(waiter.priority);
    // Time that a priority spent without wanting anything earns it nothing.
    if (queue?.size === 0)
      this.#passes.set(waiter.priority, Math.max(this.#passes.get(waiter.priority) ?? 0, this.#pass));
    queue?.add(waiter);
  }

  remove(waiter: Waiter<T>): boolean {
    return this.#queues.get(waiter.priority)?.delete(waiter) ?? false;
  }

  next(): Waiter<T> | undefined {
    const priority = this.#nextPriority();
    if (priority === undefined) return undefined;
    const queue = this.#queues.get(priority);
    const [waiter] = queue ?? [];
    if (waiter) queue?.delete(waiter);
    return waiter;
  }

  #nextPriority(): Priority | undefined {
    if (this.#size('completion') > 0) return 'completion';
    let best: Exclude<Priority, 'completion'> | undefined;
    for (const priority of ['interactive', 'outbox', 'sync', 'backfill'] as const) {
      if (this.#size(priority) > 0 && (best === undefined || this.#passOf(priority) < this.#passOf(best)))
        best = priority;
    }
    if (best !== undefined) {
      this.#pass = this.#passOf(best);
      this.#passes.set(best, this.#pass + 1 / WEIGHTS[best]);
    }
    return best;
  }

  #passOf(priority: Priority): number {
    return this.#passes.get(priority) ?? 0;
  }

  #size(priority: Priority): number {
    return this.#queues.get(priority)?.size ?? 0;
  }
}
