import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  errorShareOf,
  isShed,
  roomForErrors,
  shedPriorities,
} from '../../../src/domain/hubspot/errorShare.js';

const count = (calls: number, errors: number) => ({ calls, errors });

describe('the share of errors', () => {
  it('stops backfill first, then sync, then the outbox, as it comes near 5 %', () => {
    expect(shedPriorities(count(1000, 34), 0.05)).toEqual([]);
    expect(shedPriorities(count(1000, 35), 0.05)).toEqual(['backfill']);
    expect(shedPriorities(count(1000, 40), 0.05)).toEqual(['backfill', 'sync']);
    expect(shedPriorities(count(1000, 45), 0.05)).toEqual(['backfill', 'sync', 'outbox']);
  });

  it('has room for requests that are likely to fail, far from where anything stops, and any where it is switched off', () => {
    expect(roomForErrors(count(1000, 0), 0.05)).toBe(20);
    expect(roomForErrors(count(1000, 15), 0.05)).toBe(5);
    expect(roomForErrors(count(1000, 30), 0.05)).toBe(0);
    expect(roomForErrors(count(10, 0), 0.05)).toBe(0);
    expect(roomForErrors(count(10, 10), 0)).toBe(Infinity);
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100_000), (calls, errors) => {
        const room = roomForErrors(count(calls, errors), 0.05);
        expect(room > 0 && isShed('backfill', count(calls + room, errors + room), 0.05)).toBe(false);
      }),
    );
  });

  it('does not judge by few calls, nor when it is switched off', () => {
    expect(shedPriorities(count(199, 199), 0.05)).toEqual([]);
    expect(shedPriorities(count(10_000, 9000), 0)).toEqual([]);
  });

  it('never stops completions or what people wait for; more errors never let more through', () => {
    const counts = fc.record({ calls: fc.nat(10_000), errors: fc.nat(10_000), more: fc.nat(100) });
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), ({ calls, errors, more }, most) => {
        for (const priority of ['completion', 'interactive'])
          expect(isShed(priority, count(calls, errors), most)).toBe(false);
        const before = shedPriorities(count(calls, errors), most);
        expect(shedPriorities(count(calls, errors + more), most)).toEqual(expect.arrayContaining(before));
      }),
    );
    expect(errorShareOf(count(0, 0))).toBe(0);
  });
});
