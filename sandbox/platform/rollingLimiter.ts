/**
 * At most `limit` admissions in any half-open window of `windowMs`, exactly: the times of the last `limit`
 * admissions are kept in a ring. What is refused does not count, or a storm would lock the portal out for good.
 */
export class RollingLimiter {
  private ring: Float64Array;
  private start = 0;
  private size = 0;

  constructor(
    private capacity: number,
    readonly windowMs: number,
  ) {
    this.ring = new Float64Array(capacity);
  }

  get limit(): number {
    return this.capacity;
  }

  admit(now: number): boolean {
    this.forget(now);
    if (this.size >= this.capacity) return false;
    this.ring[(this.start + this.size) % this.capacity] = now;
    this.size += 1;
    return true;
  }

  remaining(now: number): number {
    this.forget(now);
    return this.capacity - this.size;
  }

  /** Takes effect at once. What was admitted under a higher limit stays counted, newest first. */
  setLimit(limit: number): void {
    const kept = Math.min(this.size, limit);
    const ring = new Float64Array(limit);
    for (let i = 0; i < kept; i += 1) {
      ring[i] = this.ring[(this.start + this.size - kept + i) % this.capacity] ?? 0;
    }
    this.ring = ring;
    this.start = 0;
    this.size = kept;
    this.capacity = limit;
  }

  private forget(now: number): void {
    while (this.size > 0 && (this.ring[this.start] ?? 0) + this.windowMs <= now) {
      this.start = (this.start + 1) % this.capacity;
      this.size -= 1;
    }
  }
}
