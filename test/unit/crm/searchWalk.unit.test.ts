import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  beginWalk,
  nextStretch,
  SearchStuck,
  walkOn,
  type Hit,
  type Stretch,
} from '../../../src/domain/sync/searchWalk.js';

const PAGE = 5;
const CEILING = 10_000;

interface Lies {
  /** One page in so many is shorter than it could be, or empty, and names a next one. */
  readonly shortEvery: number;
  readonly emptyEvery: number;
  /** Hits of one search in so many come in any order. */
  readonly shuffledEvery: number;
  readonly idsInTextOrder: boolean;
  /** Hits from outside of the stretch stand among the others. */
  readonly strangers: readonly Hit[];
}

/** A search as HubSpot answers it, on a good day and on others. */
function createSearch(records: readonly Hit[], lies: Lies, pageSize = PAGE) {
  let asked = 0;
  return (stretch: Stretch): { hits: Hit[]; next?: string } => {
    asked += 1;
    const { from, to, ids } = stretch;
    const matching = records.filter(
      ({ id, modified }) =>
        modified >= from &&
        modified <= to &&
        (!ids || (Number(id) >= Number(ids.from) && Number(id) <= Number(ids.to))),
    );
    const byId = (a: Hit, b: Hit) =>
      lies.idsInTextOrder ? (a.id < b.id ? -1 : 1) : Number(a.id) - Number(b.id);
    matching.sort((a, b) => (ids ? byId(a, b) : a.modified - b.modified || byId(a, b)));
    const isShuffled = lies.shuffledEvery > 0 && asked % lies.shuffledEvery === 0;
    const at = Number(stretch.after ?? 0);
    const isEmpty = lies.emptyEvery > 0 && asked % lies.emptyEvery === 0;
    const isShort = lies.shortEvery > 0 && asked % lies.shortEvery === 0;
    const size = isEmpty ? 0 : isShort ? 2 : pageSize;
    const shown = isShuffled ? [...matching].reverse().slice(at, at + size) : [];
    // Seen to be out of order: what one page alone cannot show, a second walk an hour later is for.
    const hits = shown.some(({ modified }) => modified !== shown[0]!.modified)
      ? shown
      : matching.slice(at, at + size);
    const end = at + (isEmpty ? 0 : size);
    const more = end < matching.length || (isEmpty && matching.length > 0);
    if (end >= CEILING) throw new Error('HubSpot answers 400 beyond 10,000');
    return { hits: [...hits, ...lies.strangers], ...(more && { next: String(Math.max(end, 1)) }) };
  };
}

function findAll(records: readonly Hit[], from: number, to: number, lies: Lies, pageSize = PAGE) {
  const search = createSearch(records, lies, pageSize);
  const found = new Set<string>();
  let calls = 0;
  for (let walk = beginWalk(from, to); ;) {
    const stretch = nextStretch(walk);
    if (!stretch) return { found, calls };
    const page = search(stretch);
    calls += 1;
    for (const { id } of page.hits) found.add(id);
    // As it is stored between two pages.
    walk = JSON.parse(JSON.stringify(walkOn(walk, page))) as typeof walk;
  }
}

const HONEST: Lies = { shortEvery: 0, emptyEvery: 0, shuffledEvery: 0, idsInTextOrder: false, strangers: [] };
const hit = fc.record({
  id: fc.bigInt({ min: 1n, max: 10n ** 12n }).map(String),
  modified: fc.integer({ min: 1, max: 60 }),
});
const records = fc.uniqueArray(hit, { selector: ({ id }) => id, maxLength: 80 });

describe('a walk over all that was modified in a stretch of time', () => {
  test('finds every record of it, however many share a millisecond, and reads little twice', () => {
    fc.assert(
      fc.property(records, (all) => {
        const { found, calls } = findAll(all, 1, 60, HONEST);
        expect([...found].sort()).toEqual(all.map(({ id }) => id).sort());
        // Each page brings a record that is new, but for the looks at other ids of a full millisecond.
        expect(calls).toBeLessThanOrEqual(all.length + 40);
      }),
      { numRuns: 300 },
    );
  });

  test('finds every record of it where pages are short, hits are out of order, ids in the order of text, and strangers among them', () => {
    const lies = fc.record({
      shortEvery: fc.integer({ min: 0, max: 4 }),
      emptyEvery: fc.constant(0),
      shuffledEvery: fc.integer({ min: 0, max: 3 }),
      idsInTextOrder: fc.boolean(),
      strangers: fc.array(
        fc.record({
          id: fc.constantFrom('999999999999999', '3'),
          modified: fc.constantFrom(-5, 0, 61, 10 ** 12),
        }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(records, lies, (all, how) => {
        const { found } = findAll(all, 1, 60, how);
        for (const { id } of all) expect(found).toContain(id);
      }),
      { numRuns: 500 },
    );
  });

  test('finds every record of a millisecond whose ids come in the order of text', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 1200 }), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(ids, (all) => {
        const tied = all.map((id) => ({ id: String(id), modified: 30 }));
        const { found } = findAll(tied, 1, 60, { ...HONEST, idsInTextOrder: true });
        expect(found.size).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });

  test('goes on over an empty page that names a next one', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 2, max: 5 }), (all, emptyEvery) => {
        const { found } = findAll(all, 1, 60, { ...HONEST, emptyEvery });
        for (const { id } of all) expect(found).toContain(id);
      }),
      { numRuns: 300 },
    );
  });

  test('passes 25,000 records of one millisecond, and never asks beyond the 10,000 that HubSpot answers', () => {
    const tied = Array.from({ length: 25_000 }, (_, n) => ({ id: String(1000 + n), modified: 30 }));
    const { found, calls } = findAll(tied, 1, 60, HONEST, 200);
    expect(calls).toBeLessThan(140);
    expect(found.size).toBe(25_000);
  });

  test('loses no record when others are modified, and so leave the stretch, between two of its pages', () => {
    fc.assert(
      fc.property(records, fc.array(fc.nat(79), { maxLength: 60 }), (all, moves) => {
        const now = all.map((record) => ({ ...record }));
        const search = createSearch(now, HONEST);
        const found = new Set<string>();
        let moved = 0;
        for (let walk = beginWalk(1, 60); nextStretch(walk);) {
          const page = search(nextStretch(walk)!);
          for (const { id } of page.hits) found.add(id);
          walk = walkOn(walk, page);
          const leaving = now[moves[moved++] ?? -1];
          if (leaving) leaving.modified = 100 + moved;
        }
        for (const { id, modified } of now) if (modified <= 60) expect(found).toContain(id);
      }),
      { numRuns: 300 },
    );
  });

  test('ends with a reason where HubSpot names a next page for ever and shows nothing', () => {
    let walk = beginWalk(1, 2 ** 41);
    expect(() => {
      for (let calls = 0; calls < 1000; calls += 1) walk = walkOn(walk, { hits: [], next: '200' });
    }).toThrow(SearchStuck);
  });

  test('has nothing to do in a stretch that ends before it begins', () => {
    expect(nextStretch(beginWalk(10, 9))).toBeUndefined();
  });
});
