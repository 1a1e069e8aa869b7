/*
 * `node --import` of this file makes the clock of a process wrong by SKEWED_CLOCK_MS, as on a machine whose clock
 * nobody sets. Timers and the monotonic clock stay right, as they do there.
 */
const skewMs = Number(process.env.SKEWED_CLOCK_MS ?? 0);
const Real = Date;
class Skewed extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + skewMs);
    else super(...args);
  }
  static now() {
    return Real.now() + skewMs;
  }
}
globalThis.Date = Skewed;
