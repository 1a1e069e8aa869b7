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
  const plan = { contacts: 5000, companies: 500, edits: 200 };
  const mirrored = [
    { objectType: 'companies', records: 500 },
    { objectType: 'contacts', records: 5000 },
  ];
  const foundWith = (change: { verdict?: object; actions?: object; refused?: number } = {}) => ({
    ...{ mirrored, calls: 83, mostIn10s: 63, refused: change.refused ?? 0 },
    verdict: { missing: 0, ghosts: 0, stale: 0, ...change.verdict },
    actions: { Created: 5500, Updated: 200, ...change.actions },
  });

  it('finds nothing wrong when the mirror is what the sandbox has, and the feed told of each change once', () => {
    const { rows, problems } = summarizeMirror(foundWith(), plan);
    expect(problems).toEqual([]);
    expect(Object.fromEntries(rows)).toMatchObject({
      mirrored: '500 companies, 5000 contacts',
      actions: '5500 Created, 200 Updated',
      missing: '0',
      ghosts: '0',
      'HubSpot calls used': '83 (most in any 10 s: 63)',
    });
    expect(mirrorVerdictLine(problems, plan)).toBe(
      'All 5500 records mirrored, none missing, none too many, each change told once.',
    );
  });

  it.each([
    ['a record that is missing', { verdict: { missing: 1 } }, '1 are missing'],
    ['a record that is none any more', { verdict: { ghosts: 2 } }, '2 are not at HubSpot any more'],
    ['an old value', { verdict: { stale: 1 } }, '1 have values of before'],
    [
      'a change that was told twice',
      { actions: { Updated: 201 } },
      'the feed told of 201 changes, where 200 were made',
    ],
    [
      'a feed that told of nothing',
      { actions: { Created: undefined } },
      'the feed told of 0 new records, where 5500 came',
    ],
    ['a 429', { refused: 3 }, 'HubSpot answered 429 3 times'],
  ])('calls out %s', (_what, change, words) => {
    const { problems } = summarizeMirror(foundWith(change), plan);
    expect(problems).toEqual([words]);
    expect(mirrorVerdictLine(problems, plan)).toBe(`The promise was broken: ${words}.`);
  });
});
