import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countPerWindow, maxInAnyWindow, TimeList } from '../../../sandbox/platform/times.js';

const times = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
const windows = fc.integer({ min: 1, max: 2_000 });

/** By the definition: tries the window that begins at each event. */
function slowMax(all: number[], windowMs: number): number {
  return Math.max(0, ...all.map((from) => all.filter((at) => at >= from && at < from + windowMs).length));
}

describe('the maximum in any window', () => {
  it('is what trying every window finds', () => {
    fc.assert(
      fc.property(times, windows, (all, windowMs) => {
        const ascending = all.toSorted((a, b) => a - b);
        expect(maxInAnyWindow(ascending, windowMs)).toBe(slowMax(all, windowMs));
      }),
    );
  });

  it('does not put two events into one window that lie exactly one window apart', () => {
    expect(maxInAnyWindow([0, 1_000], 1_000)).toBe(1);
    expect(maxInAnyWindow([0, 999.999], 1_000)).toBe(2);
  });

  it('finds a burst that straddles two aligned windows', () => {
    expect(maxInAnyWindow([900, 950, 1_010, 1_020, 5_000], 1_000)).toBe(4);
    expect(countPerWindow([0, 900, 950, 1_010, 1_020, 3_000], 1_000)).toEqual([3, 2, 0, 1]);
  });

  it('is 0 without events', () => {
    expect(maxInAnyWindow([], 1_000)).toBe(0);
    expect(countPerWindow([], 1_000)).toEqual([]);
  });
});

describe('a list of times', () => {
  it('returns all entries in order, however many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 500 }), (all) => {
        const list = new TimeList();
        for (const at of all) list.push(at);
        expect([...list.sorted()]).toEqual(all.toSorted((a, b) => a - b));
        expect(list.length).toBe(all.length);
      }),
    );
  });
});
