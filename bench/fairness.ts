import { setTimeout as delay } from 'node:timers/promises';
import { ensureDefaultWorkspace } from '../src/db/workspaces/workspaces.js';
import type { Benchmark } from './lib/benchmark.js';
import { callUnder } from './lib/budgetCalls.js';
import { startBenchDatabase, type BenchDatabase } from './lib/database.js';
import { openBudget } from './lib/openBudget.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const SMALL = 200;
/** More than the limit lets through at once, so that what is compared is the wait that HubSpot's limit asks for. */
const CALLS_EACH = 120;
/** They begin one after the other, not all at the same moment. */
const BEGIN_WITHIN_MS = 20_000;
const WHALE = 1_000_000;

/**
 * 200 portals want some calls each, alone; then the same beside one portal for which a million calls wait in the same
 * process.
 */
const fairness: Benchmark = {
  name: 'fairness',
  title: 'waits of 200 small portals beside one with 1,000,000 waiting calls, against the small ones alone',
  runs: 5,

  async run({ runs, quick, say }) {
    const database = await startBenchDatabase();
    const waiting = quick ? 50_000 : WHALE;
    const rows: { alone: number; beside: number }[] = [];
    try {
      const workspaceId = await ensureDefaultWorkspace(database.admin);
      let next = 1;
      const portals = async (count: number) => {
        const ids = Array.from({ length: count }, () => next++);
        await database.admin.query(
          'INSERT INTO portals (portal_id, workspace_id) SELECT p, $2 FROM unnest($1::bigint[]) p',
          [ids, workspaceId],
        );
        return ids;
      };
      await small(database, await portals(20));
      for (let n = 0; n < runs; n += 1) {
        const alone = await small(database, await portals(SMALL));
        const [whale = 0] = await portals(1);
        const beside = await small(database, await portals(SMALL), { portalId: whale, calls: waiting });
        rows.push({ alone, beside });
      }
    } finally {
      await database.stop();
    }
    say(
      table(
        ['run', 'p99 alone', 'p99 beside', 'ratio'],
        rows.map(({ alone, beside }, n) => [
          String(n + 1),
          figure(alone, ' ms'),
          figure(beside, ' ms'),
          figure(beside / alone, '×'),
        ]),
      ),
    );
    return [
      {
        what: `p99 wait beside ${waiting.toLocaleString('en')} waiting calls ÷ alone`,
        unit: '×',
        values: rows.map(({ alone, beside }) => beside / alone),
        atMost: 1.05,
      },
    ];
  },
};

/** The p99 of how long the calls of these portals wait for their permits. */
async function small(
  database: BenchDatabase,
  portals: readonly number[],
  whale?: { portalId: number; calls: number },
): Promise<number> {
  const budget = openBudget(database.url);
  try {
    // Those of the whale wait as callers of the gateway do; they are refused when the budget stops.
    const crowd = Array.from({ length: whale?.calls ?? 0 }, () =>
      budget.acquire(whale?.portalId ?? 0, 'sync').then(
        (permit) => permit.use(0),
        () => undefined, // the budget was stopped
      ),
    );
    const waits: number[] = [];
    await Promise.all(
      portals.map(async (portalId, n) => {
        await delay((n / portals.length) * BEGIN_WITHIN_MS);
        const calls = Array.from({ length: CALLS_EACH }, () => callUnder(budget, portalId, 'interactive'));
        waits.push(...(await Promise.all(calls)));
      }),
    );
    await budget.stop();
    await Promise.all(crowd);
    return percentile(waits, 0.99);
  } finally {
    await budget.stop();
  }
}

export default fairness;
