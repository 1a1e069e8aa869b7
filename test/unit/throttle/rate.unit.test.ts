import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  describeRate,
  MAX_LIMIT,
  parseRate,
  PERIODS_MS,
  rateOf,
  type Period,
} from '../../../src/domain/throttle/rate.js';

describe('a rate', () => {
  it.each([
    ['100/10s', { limit: 100, intervalMs: 10_000 }],
    ['25/1d', { limit: 25, intervalMs: 86_400_000 }],
    ['5/m', { limit: 5, intervalMs: 60_000 }],
  ])('is read from %s', (text, rate) => {
    expect(parseRate(text)).toEqual({ ok: true, rate });
  });

  it('is taken from numbers and from strings alike, period in singular or plural', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_LIMIT }),
        fc.integer({ min: 1, max: 31 }),
        fc.constantFrom<Period>('seconds', 'minutes', 'hours', 'days'),
        (limit, time, period) => {
          const expected = { ok: true, rate: { limit, intervalMs: time * PERIODS_MS[period] } };
          expect(rateOf(limit, time, period)).toEqual(expected);
          expect(rateOf(String(limit), ` ${time} `, period.slice(0, -1).toUpperCase())).toEqual(expected);
        },
      ),
    );
  });

  it('is refused with the reason, whatever is given instead', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
        const result = rateOf(a, b, c);
        return result.ok || result.problem.length > 0;
      }),
    );
    expect(rateOf('10 per potato', 1, 'seconds')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('10 per potato'),
    });
    expect(rateOf(10, 32, 'days')).toMatchObject({ ok: false });
    expect(rateOf(1e9, 1, 'seconds')).toMatchObject({ ok: false });
    for (const period of ['constructor', '__proto__', 'toString']) {
      expect(rateOf(10, 1, period)).toMatchObject({ ok: false });
    }
  });

  it('is described to people in the largest unit that fits', () => {
    expect(describeRate({ limit: 100, intervalMs: 10_000 })).toBe('100 per 10 seconds');
    expect(describeRate({ limit: 25, intervalMs: 86_400_000 })).toBe('25 per day');
    expect(describeRate({ limit: 1, intervalMs: 1500 })).toBe('1 per 1500 ms');
  });
});
