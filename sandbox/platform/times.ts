/** A growing list of times, eight bytes each. */
export class TimeList {
  private values = new Float64Array(64);
  private count = 0;
  private ordered = true;

  get length(): number {
    return this.count;
  }

  push(at: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.values);
      this.values = larger;
    }
    const last = this.values[this.count - 1];
    if (last !== undefined && at < last) this.ordered = false;
    this.values[this.count] = at;
    this.count += 1;
  }

  /** In ascending order. Arrivals are recorded in order, except for requests that a latency fault delayed. */
  sorted(): Float64Array {
    const filled = this.values.subarray(0, this.count);
    if (!this.ordered) {
      filled.sort();
      this.ordered = true;
    }
    return filled;
  }
}

/**
 * The largest number of events in any half-open window of `windowMs`: two events exactly one window apart are never in
 * the same one. `ascending` must be sorted.
 */
export function maxInAnyWindow(ascending: ArrayLike<number>, windowMs: number): number {
  let max = 0;
  let first = 0;
  for (let last = 0; last < ascending.length; last += 1) {
    const at = ascending[last] ?? 0;
    while (at - (ascending[first] ?? 0) >= windowMs) first += 1;
    max = Math.max(max, last - first + 1);
  }
  return max;
}

/** The number of events in each of the consecutive windows that begin with the first event. */
export function countPerWindow(
  ascending: ArrayLike<number>,
  windowMs: number,
  maxWindows = 10_000,
): number[] {
  const origin = ascending[0];
  if (origin === undefined) return [];
  const counts: number[] = [];
  for (let i = 0; i < ascending.length; i += 1) {
    const slot = Math.floor(((ascending[i] ?? 0) - origin) / windowMs);
    if (slot >= maxWindows) break;
    while (counts.length <= slot) counts.push(0);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return counts;
}
