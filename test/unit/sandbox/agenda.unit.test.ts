import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Agenda } from '../../../sandbox/platform/agenda.js';

describe('the agenda', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls each item at its time and in order of time, in whatever order they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 100 }), (delays) => {
        const start = Date.now();
        const seen: { at: number; item: number }[] = [];
        const agenda = new Agenda<number>(Date.now, (item) => seen.push({ at: Date.now() - start, item }));
        for (const delay of delays) agenda.add(start + delay, delay);
        jest.advanceTimersByTime(500);
        expect(seen.map(({ item }) => item)).toEqual(delays.toSorted((a, b) => a - b));
        expect(seen.every(({ at, item }) => at === item)).toBe(true);
        agenda.close();
      }),
      { numRuns: 50 },
    );
  });

  it('waits longer than a timer of Node can', () => {
    const start = Date.now();
    const fourWeeks = 28 * 24 * 3_600_000;
    let calledAt = 0;
    const agenda = new Agenda<string>(Date.now, () => (calledAt = Date.now() - start));
    agenda.add(start + fourWeeks, 'expiry');
    jest.advanceTimersByTime(fourWeeks - 1);
    expect(calledAt).toBe(0);
    jest.advanceTimersByTime(1);
    expect(calledAt).toBe(fourWeeks);
  });

  it('calls nothing after it is closed', () => {
    let called = false;
    const agenda = new Agenda<number>(Date.now, () => (called = true));
    agenda.add(Date.now() + 10, 1);
    agenda.close();
    agenda.add(Date.now() + 10, 2);
    jest.advanceTimersByTime(100);
    expect(called).toBe(false);
  });
});
