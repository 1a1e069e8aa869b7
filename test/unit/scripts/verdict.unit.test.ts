import { describe, expect, it } from '@jest/globals';
import { renderTable, summarizeJob, verdictLine } from '../../../scripts/lib/verdict.mjs';

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
