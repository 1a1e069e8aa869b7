import { describe, expect, it } from '@jest/globals';
import { arrivals, longestGap, maxInAnyWindow } from '../../faults/oracle.js';

describe('the judge of faults', () => {
  it('counts the most in any window of that length, wherever it begins', () => {
    expect(maxInAnyWindow([], 1000)).toBe(0);
    expect(maxInAnyWindow([0, 900, 950, 1100, 1899], 1000)).toBe(4);
    // Half-open, as the law has it: the k-th may go exactly one interval after the (k-N)-th.
    expect(maxInAnyWindow([0, 1000, 2000], 1000)).toBe(1);
    expect(maxInAnyWindow([0, 999.9, 2000], 1000)).toBe(2);
  });

  it('counts as releases only what took a place in the window', () => {
    const seen = {
      callbackId: 'ap-1-1-1-0',
      actionId: 1,
      state: 'completed',
      attempts: 1,
      blockedMs: 0,
      dueMs: null,
      completedMs: 5,
      repeatedMs: null,
      outcome: 'SUCCESS',
      outputs: { sluice_status: 'released' },
    } as const;
    expect(
      arrivals([
        seen,
        { ...seen, completedMs: 3 },
        { ...seen, outcome: 'FAIL_CONTINUE', outputs: { sluice_status: 'cancelled' } },
        { ...seen, outputs: {} }, // completed by somebody else
        { ...seen, completedMs: null },
      ]),
    ).toEqual([3, 5]);
  });

  it('finds the longest standstill', () => {
    expect(longestGap([])).toBe(0);
    expect(longestGap([10, 20, 75, 80])).toBe(55);
  });
});
