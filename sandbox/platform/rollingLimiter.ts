/**
 * At most `limit` admissions in any half-open window of `windowMs`, exactly: it keeps the times of the last `limit`
 * admissions. A refused call does not count, or a portal under constant load would never be admitted again.
 */
export class RollingLimiter {
  private times: Float64Array;
  private start = 0;
  private size = 0;

  constructor(
    private capacity: number,
    readonly windowMs: number,
  ) {
    this.times = new Float64Array(capacity);
  }

  get limit(): number {
    return this.capacity;
  }

  admit(now: number): boolean {
    this.forget(now);
    if (this.size >= this.capacity) return false;
    this.times[(this.start + this.size) % this.capacity] = now;
    this.size += 1;
    return true;
  }

  remaining(now: number): number {
    this.forget(now);
    return this.capacity - this.size;
  }

  /** Takes effect at once. Of the calls admitted under a higher limit, the newest stay counted. */
  setLimit(limit: number): void {
    const kept = Math.min(this.size, limit);
    const times = new Float64Array(limit);
    for (let i = 0; i < kept; i += 1) {
      times[i] = this.times[(this.start + this.size - kept + i) % this.capacity] ?? 0;
    }
    this.times = times;
    this.start = 0;
    this.size = kept;
    this.capacity = limit;
  }

  private forget(now: number): void {
    while (this.size > 0 && (this.times[this.start] ?? 0) + this.windowMs <= now) {
      this.start = (this.start + 1) % this.capacity;
      this.size -= 1;
    }
  }
}
