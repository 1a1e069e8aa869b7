import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { displaced, seededRandom } from '../../../sandbox/platform/random.js';

describe('a displaced list', () => {
  const lists = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 100 });

  it('has the same items, none of them at its old index', () => {
    fc.assert(
      fc.property(lists, fc.integer(), (items, seed) => {
        const moved = displaced(items, seededRandom(seed));
        expect(moved.toSorted()).toEqual(items.toSorted());
        expect(moved.filter((item, n) => item === items[n])).toEqual([]);
      }),
    );
  });

  it('is the same again for the same seed', () => {
    fc.assert(
      fc.property(lists, fc.integer(), (items, seed) => {
        expect(displaced(items, seededRandom(seed))).toEqual(displaced(items, seededRandom(seed)));
      }),
    );
  });

  it('leaves a list of one, or of none, as it is', () => {
    expect(displaced(['a'], seededRandom(1))).toEqual(['a']);
    expect(displaced([], seededRandom(1))).toEqual([]);
  });
});
