import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../sandbox/platform/random.js';
import { SOAK_FAULTS } from '../../soak/faults.js';
import { judgeMemory } from '../../soak/memory.js';
import { planOf } from '../../soak/plan.js';

const MINUTE_MS = 60_000;

describe('the plan of a soak', () => {
  const plan = (seed: number, minutes = 5) => planOf(SOAK_FAULTS, seededRandom(seed), minutes * MINUTE_MS);

  it('is the same for the same seed, and another one for another', () => {
    expect(plan(7)).toEqual(plan(7));
    expect(plan(8)).not.toEqual(plan(7));
  });

  it('has a fault every five seconds, from the tenth second to the last', () => {
    const times = plan(7).map(({ atMs }) => atMs);
    expect([times[0], times.at(-1), times.length]).toEqual([10_000, 300_000, 59]);
  });

  it('begins as a shorter one of the same seed does', () => {
    expect(plan(7, 5).slice(0, 11)).toEqual(plan(7, 1));
  });

  it('gets round to every kind in an hour', () => {
    expect(new Set(plan(7, 60).map(({ fault }) => fault.kind)).size).toBe(SOAK_FAULTS.length);
  });
});

describe('the memory of a soak', () => {
  /** A sample every two seconds, of a process that has so much at each moment. */
  const samples = (mib: (atMs: number) => number, pid = 1, fromMs = 0, toMs = 5 * MINUTE_MS) =>
    Array.from({ length: (toMs - fromMs) / 2000 }, (_, n) => {
      const atMs = fromMs + n * 2000;
      return { atMs, pid, mib: mib(atMs) };
    });
  const judged = (all: Parameters<typeof judgeMemory>[1]) => judgeMemory('api-1', all, 5 * MINUTE_MS);

  it('is flat where the last third is no more than a quarter above the first, whatever the first half minute was', () => {
    expect(judged(samples((atMs) => (atMs < 30_000 ? 50 : 200)))).toEqual({
      problem: undefined,
      figure: '200→200MiB',
    });
    expect(judged(samples((atMs) => 200 + atMs / 12_000)).problem).toBeUndefined();
  });

  it('is not where it grew by more', () => {
    expect(judged(samples((atMs) => 200 + atMs / 3000))).toMatchObject({
      problem: expect.stringMatching(/^api-1 grew from \d+ to \d+ MiB$/),
    });
  });

  it('is that of the process that lived to the end, which has to have lived for half of the run', () => {
    const twoMinutes = samples(() => 900, 1, 0, 2 * MINUTE_MS);
    const rest = samples(() => 200, 2, 2 * MINUTE_MS);
    expect(judged([...twoMinutes, ...rest])).toEqual({ problem: undefined, figure: '200→200MiB' });
    const fourMinutes = samples(() => 200, 1, 0, 4 * MINUTE_MS);
    expect(judged([...fourMinutes, ...samples(() => 200, 2, 4 * MINUTE_MS)]).problem).toMatch(/long enough/);
  });
});
