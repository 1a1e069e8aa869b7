import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differing, EMPTY, sumOf, withIds } from '../../../src/domain/sync/tally.js';

const ids = fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String), { maxLength: 200 });

describe('two sets of ids', () => {
  it('have the same sums where they are the same, in whichever order and parts they are gone through', () => {
    fc.assert(
      fc.property(ids, fc.nat(), (all, cut) => {
        const at = all.length === 0 ? 0 : cut % all.length;
        const parts = withIds(withIds(EMPTY, all.slice(at)), all.slice(0, at));
        expect(differing(withIds(EMPTY, [...all].reverse()), parts)).toEqual([]);
      }),
    );
  });

  it('differ in the sum of each id that only one has, and of each that is gone through twice', () => {
    fc.assert(
      fc.property(ids, fc.nat(), (all, n) => {
        fc.pre(all.length > 0);
        const one = all[n % all.length]!;
        const others = all.filter((id) => id !== one);
        const whole = withIds(EMPTY, all);
        expect(differing(whole, withIds(EMPTY, others))).toEqual([sumOf(one)]);
        expect(differing(whole, withIds(whole, [one]))).toEqual([sumOf(one)]);
      }),
    );
  });
});
