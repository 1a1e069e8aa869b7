/*
 * `node --import` of this makes a process live SKEWED_CLOCK_MS beside the time: what it reads from its own clock is
 * wrong, as on a machine whose clock nobody sets. Timers and the monotonic clock are right, as they are there.
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
