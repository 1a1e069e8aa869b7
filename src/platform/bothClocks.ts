/** A moment by both clocks of this machine. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function moment(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/**
 * So long ago it may be. The monotonic clock of a machine that was suspended may have stood still with it; a wall clock
 * may be set.
 */
export function passedMs(since: Moment): number {
  const { monotonicMs, wallMs } = moment();
  return Math.max(monotonicMs - since.monotonicMs, wallMs - since.wallMs);
}
