/** Passed in, so that a test can stop it. `now` is monotonic milliseconds, `epochMs` the wall clock. */
export interface Clock {
  now(): number;
  epochMs(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
};
