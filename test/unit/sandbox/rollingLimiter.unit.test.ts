import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RollingLimiter } from '../../../sandbox/platform/rollingLimiter.js';
import { maxInAnyWindow } from '../../../sandbox/platform/times.js';

const WINDOW_MS = 100;
const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 300 });
const limits = fc.integer({ min: 1, max: 12 });

function momentsOf(steps: number[]): number[] {
  let now = 0;
  return steps.map((step) => (now += step));
}

describe('the rolling limit', () => {
  it('never admits more than the limit in any window', () => {
    fc.assert(
      fc.property(gaps, limits, (steps, limit) => {
        const limiter = new RollingLimiter(limit, WINDOW_MS);
        const admitted = momentsOf(steps).filter((at) => limiter.admit(at));
        expect(maxInAnyWindow(admitted, WINDOW_MS)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('refuses only a call that would exceed the limit', () => {
    fc.assert(
      fc.property(gaps, limits, (steps, limit) => {
        const limiter = new RollingLimiter(limit, WINDOW_MS);
        const admitted: number[] = [];
        for (const at of momentsOf(steps)) {
          const recent = admitted.filter((earlier) => earlier > at - WINDOW_MS).length;
          expect(limiter.remaining(at)).toBe(limit - recent);
          expect(limiter.admit(at)).toBe(recent < limit);
          if (recent < limit) admitted.push(at);
        }
      }),
    );
  });

  it('admits 110 at once, and the next one when the first is ten seconds old', () => {
    const limiter = new RollingLimiter(110, 10_000);
    for (let i = 0; i < 110; i += 1) expect(limiter.admit(i)).toBe(true);
    expect(limiter.admit(9_999)).toBe(false);
    expect(limiter.admit(10_000)).toBe(true);
    expect(limiter.admit(10_000)).toBe(false);
  });

  it('keeps counting the admitted calls when the limit is changed', () => {
    const limiter = new RollingLimiter(3, WINDOW_MS);
    for (let i = 0; i < 3; i += 1) limiter.admit(i);
    limiter.setLimit(5);
    expect(limiter.remaining(10)).toBe(2);
    limiter.setLimit(2);
    expect(limiter.admit(20)).toBe(false);
    expect(limiter.admit(101)).toBe(true);
  });
});
