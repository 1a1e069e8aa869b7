import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterPage,
  areAscending,
  askedAfter,
  halved,
  holds,
  listInRanges,
  widthOf,
  type IdRange,
} from '../../../src/domain/sync/idRanges.js';
import { createInFlight } from '../../../src/domain/sync/inFlight.js';

/** HubSpot's list: its pages begin at `after`, or behind it, and may be short or empty. */
function pageOf(
  ids: readonly number[],
  after: number,
  { size, includes }: { size: number; includes: boolean },
) {
  const from = ids.filter((id) => (includes ? id >= after : id > after));
  const page = from.slice(0, size);
  const following = includes ? from[size] : from.length > size ? page.at(-1) : undefined;
  return { ids: page.map(String), next: following === undefined ? undefined : String(following) };
}

describe('a list in ranges of ids', () => {
  test('shows each record once, wherever ranges are halved and in whatever order their pages come', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 300 }),
        fc.boolean(),
        fc.infiniteStream(
          fc.record({ pick: fc.nat(1000), halve: fc.boolean(), size: fc.integer({ min: 1, max: 9 }) }),
        ),
        (unsorted, includes, choices) => {
          const ids = unsorted.sort((a, b) => a - b);
          const highest = String(ids.at(-1));
          let ranges: IdRange[] = [{ at: '1' }];
          const shown: string[] = [];
          for (const { pick, halve, size } of choices) {
            const n = pick % ranges.length;
            const range = ranges[n]!;
            const halves = halve ? halved(range, { highest, spacing: 0.05 }) : undefined;
            if (halves) ranges.splice(n, 1, ...halves);
            else {
              const page = pageOf(ids, Number(askedAfter(range)), { size: size + 1, includes });
              const after = afterPage(range, page);
              if (typeof after === 'string') throw new Error(after);
              shown.push(...page.ids.filter((id) => holds(range, id)));
              ranges = [...ranges.slice(0, n), ...(after.rest ? [after.rest] : []), ...ranges.slice(n + 1)];
            }
            if (ranges.length === 0) break;
          }
          expect(shown.map(Number).sort((a, b) => a - b)).toEqual(ids);
        },
      ),
    );
  });

  test('that is not one is seen by its page: ids that do not ascend, or that lie before it, and a next page that leads nowhere', () => {
    const range = { at: '100', to: '200' };
    expect(afterPage(range, { ids: ['101', '103', '102'], next: '110' })).toBe('unordered');
    expect(afterPage(range, { ids: ['7', '101'], next: '110' })).toBe('unordered');
    expect(afterPage(range, { ids: ['101'], next: '50' })).toBe('unordered');
    expect(afterPage(range, { ids: ['101'], next: 'NTI1Cg' })).toBe('unordered');
    expect(afterPage(range, { ids: [], next: '100' })).toBe('stuck');
    expect(afterPage(range, { ids: [], next: '120' })).toEqual({ rest: { at: '120', to: '200' } });
    expect(afterPage(range, { ids: ['199', '205'], next: '206' })).toEqual({ rest: undefined });
    expect(areAscending(['9', '10'])).toBe(true);
    expect(areAscending(['10', '9'])).toBe(false);
  });

  test('is halved where it is worth it: half of what is left, and nothing of what is known to be behind', () => {
    expect(listInRanges('1000', { highest: '3999', total: 3000 })?.ranges).toEqual([
      { at: '1000', to: '2500' },
      { at: '2500', to: undefined },
    ]);
    expect(listInRanges('1000', { highest: '1398', total: 1000 })).toBeUndefined();
    expect(listInRanges('1000', { highest: '999', total: 1000 })).toBeUndefined();
    expect(widthOf({ at: '5000' }, '999')).toBe(0n);
    expect(halved({ at: '0', to: '900' }, { highest: '5000', spacing: 3 })).toBeUndefined();
  });
});

describe('requests under way', () => {
  /** After so many answers of a portal that answers after so long, and so many a second at most. */
  function most(answerMs: number, perSecond: number, inFlight = createInFlight()): number {
    for (let n = 0; n < 400; n += 1)
      inFlight.answered(Math.max(answerMs, (inFlight.most / perSecond) * 1000));
    return inFlight.most;
  }

  test.each([
    [250, 11],
    [500, 11],
    [250, 19],
  ])('fill a limit, where HubSpot answers after %i ms, of %i a second', (answerMs, perSecond) => {
    expect(most(answerMs, perSecond)).toBeGreaterThanOrEqual((answerMs / 1000) * perSecond);
  });

  test('become fewer where others need the limit, so that none waits until its time is over', () => {
    const inFlight = createInFlight();
    expect(most(250, 11, inFlight)).toBe(8);
    // A fifteenth of the limit is what is left beside all others.
    expect(most(250, 11 / 15, inFlight) / (11 / 15)).toBeLessThanOrEqual(5.5);
    expect(most(250, 0.01, inFlight)).toBe(1);
    expect(most(250, 11, inFlight)).toBe(8);
  });
});
