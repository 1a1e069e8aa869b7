import { describe, expect, it } from '@jest/globals';
import {
  mirrorVerdictLine,
  renderTable,
  summarizeJob,
  summarizeMirror,
  verdictLine,
} from '../../../scripts/lib/verdict.mjs';

const job = { count: 300, limit: 50, windowMs: 5000 };

function reportWith(change: { lane?: object; totals?: object } = {}) {
  return {
    portals: [{ calls: 12, maxCallsIn10s: 4, rejected429: 0 }],
    lanes: [
      {
        completed: 300,
        bySluiceStatus: { released: 300 },
        maxInWindow: 50,
        perWindow: [50, 50, 50, 50, 50, 50],
        longestWaitMs: 25_512,
        ...change.lane,
      },
    ],
    totals: { acknowledged: 300, lost: 0, completedTwice: 0, ...change.totals },
  };
}

describe('the verdict on the main job', () => {
  it('finds nothing wrong when all were released within the rate', () => {
    const { rows, problems } = summarizeJob(reportWith(), job);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(rows)).toMatchObject({
      acknowledged: '300 of 300',
      'released per 5 s': '50  50  50  50  50  50',
      'longest wait': '25.5 s',
      lost: '0',
    });
    expect(verdictLine(problems, job)).toBe(
      'All 300 released, none lost, none doubled, never more than 50 in any 5 s.',
    );
  });

  it.each([
    ['an acknowledged one that never ended', { totals: { lost: 1 } }, '1 were acknowledged and lost'],
    ['one that was completed twice', { totals: { completedTwice: 2 } }, '2 were completed twice'],
    ['a window with one too many', { lane: { maxInWindow: 51 } }, '51 came within 5 s, where 50 are allowed'],
    ['one that HubSpot never got through', { totals: { acknowledged: 299 } }, '1 were never acknowledged'],
    [
      'one that expired instead of being released',
      { lane: { bySluiceStatus: { released: 299, expired: 1 } } },
      '1 ended otherwise than released',
    ],
  ])('calls out %s', (_what, change, words) => {
    const { problems } = summarizeJob(reportWith(change), job);
    expect(problems).toEqual([words]);
    expect(verdictLine(problems, job)).toBe(`The promise was broken: ${words}.`);
  });

  it('renders a table whose lines are equally wide', () => {
    const lines = renderTable([
      ['a', '1'],
      ['longer name', 'longer value'],
    ]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});

describe('the verdict on the mirror', () => {
  const plan = { contacts: 5000, companies: 500, edits: 200, deletes: 50, merges: 10 };
  const mirrored = [
    { objectType: 'companies', records: 500 },
    { objectType: 'contacts', records: 4940 },
  ];
  const foundWith = (
    change: { verdict?: object; associations?: object; actions?: object; refused?: number } = {},
  ) => ({
    ...{ mirrored, calls: 83, mostIn10s: 63, refused: change.refused ?? 0 },
    verdict: {
      ...{ missing: 0, ghosts: 0, stale: 0, ...change.verdict },
      associations: { missing: 0, ghosts: 0, edges: 9900, ...change.associations },
    },
    actions: {
      ...{ Created: 5500, Associated: 20_080, Updated: 200, Merged: 10, Dissociated: 280, Deleted: 50 },
      ...change.actions,
    },
  });

  it('finds nothing wrong when the mirror is what the sandbox has, and the feed told of each change once', () => {
    const { rows, problems } = summarizeMirror(foundWith(), plan);
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      ['mirrored', '500 companies, 4940 contacts'],
      ['associations', '9900, each told at both ends'],
      ['actions', '5500 Created, 20080 Associated, 200 Updated'],
      ['', '10 Merged, 280 Dissociated, 50 Deleted'],
      ['missing', '0'],
      ['ghosts', '0'],
      ['old values', '0'],
      ['HubSpot calls used', '83 (most in any 10 s: 63)'],
      ['429s', '0'],
    ]);
    expect(mirrorVerdictLine(problems, plan)).toBe(
      'The mirror has all 5440 records that are left, none too many, and told each change once.',
    );
  });

  it.each([
    ['a record that is missing', { verdict: { missing: 1 } }, '1 are missing'],
    ['an association that is missing', { associations: { missing: 2 } }, '2 are missing'],
    ['a record that is none any more', { verdict: { ghosts: 2 } }, '2 are not at HubSpot any more'],
    [
      'an association that is none any more',
      { associations: { ghosts: 1 } },
      '1 are not at HubSpot any more',
    ],
    ['an old value', { verdict: { stale: 1 } }, '1 have values of before'],
    [
      'a change that was told twice',
      { actions: { Updated: 201 } },
      'the feed told of 201 changes, where 200 were made',
    ],
    [
      'a delete that was not told',
      { actions: { Deleted: 49 } },
      'the feed told of 49 deletes, where 50 were made',
    ],
    [
      'a merge that was told twice',
      { actions: { Merged: 11 } },
      'the feed told of 11 merges, where 10 were made',
    ],
    [
      'an association whose end was not told',
      { actions: { Dissociated: 279 } },
      'the feed told of 19801 ends of associations, where 19800 are',
    ],
    [
      'a feed that told of nothing',
      { actions: { Created: undefined } },
      'the feed told of 0 new records, where 5500 were made',
    ],
    ['a 429', { refused: 3 }, 'HubSpot answered 429 3 times'],
  ])('calls out %s', (_what, change, words) => {
    const { problems } = summarizeMirror(foundWith(change), plan);
    expect(problems).toEqual([words]);
    expect(mirrorVerdictLine(problems, plan)).toBe(`The promise was broken: ${words}.`);
  });
});
