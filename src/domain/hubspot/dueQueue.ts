/** Who is due when, soonest first: a heap in which a changed time leaves its old entry behind, to be skipped. */
export class DueQueue<K> {
  readonly #times = new Map<K, number>();
  readonly #heap: { key: K; at: number }[] = [];

  /** Due at `at`, whatever was said before; `Infinity`: not at all. */
  set(key: K, at: number): void {
    if (this.#times.get(key) === at) return;
    if (at === Infinity) return void this.#times.delete(key);
    this.#times.set(key, at);
    this.#push({ key, at });
  }

  /** Returns whether it was in. */
  delete(key: K): boolean {
    return this.#times.delete(key);
  }

  has(key: K): boolean {
    return this.#times.has(key);
  }

  /** When the next one is due; `Infinity` when there is none. */
  get nextAt(): number {
    return this.#head()?.at ?? Infinity;
  }

  /** Takes out the one that has been due for longest, if one is due at `now`. */
  take(now: number): K | undefined {
    const head = this.#head();
    if (!head || head.at > now) return undefined;
    this.#times.delete(head.key);
    this.#pop();
    return head.key;
  }

  #head(): { key: K; at: number } | undefined {
    for (;;) {
      const head = this.#heap[0];
      if (!head || this.#times.get(head.key) === head.at) return head;
      this.#pop();
    }
  }

  #push(entry: { key: K; at: number }): void {
    const heap = this.#heap;
    let n = heap.push(entry) - 1;
    while (n > 0) {
      const parent = (n - 1) >> 1;
      const above = heap[parent];
      if (!above || above.at <= entry.at) break;
      heap[n] = above;
      n = parent;
    }
    heap[n] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let n = 0;
    for (;;) {
      const left = heap[2 * n + 1];
      const right = heap[2 * n + 2];
      const child = right && left && right.at < left.at ? right : left;
      if (!child || child.at >= last.at) break;
      heap[n] = child;
      n = child === left ? 2 * n + 1 : 2 * n + 2;
    }
    heap[n] = last;
  }
}
