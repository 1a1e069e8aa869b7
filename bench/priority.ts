import { setTimeout as delay } from 'node:timers/promises';
import { ensureDefaultWorkspace } from '../src/db/workspaces/workspaces.js';
import type { Benchmark } from './lib/benchmark.js';
import { callUnder } from './lib/budgetCalls.js';
import { startBenchDatabase } from './lib/database.js';
import { LIMIT, openBudget } from './lib/openBudget.js';
import { saturate } from './lib/saturate.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PROCESSES = 2;
const EVERY_MS = 400;

/**
 * Two processes have endless sync work for a portal; another one has a completion to send now and then, as it has for
 * an idle portal.
 */
const priority: Benchmark = {
  name: 'priority',
  title: 'how long a completion waits while sync saturates the portal, against an idle portal',
  runs: 5,

  async run({ runs, quick, say }) {
    const database = await startBenchDatabase();
    const seconds = quick ? 25 : 40;
    const rows: { busy: number[]; idle: number[]; used: number }[] = [];
    try {
      const workspaceId = await ensureDefaultWorkspace(database.admin);
      for (let n = 0; n < runs; n += 1) {
        const [busy, idle] = [2 * n + 1, 2 * n + 2];
        await database.admin.query(
          'INSERT INTO portals (portal_id, workspace_id) SELECT p, $2 FROM unnest($1::bigint[]) p',
          [[busy, idle], workspaceId],
        );
        const syncs = Array.from({ length: PROCESSES }, () => saturate(database.url, busy, 'sync'));
        const callsOf = async () =>
          (await Promise.all(syncs.map((one) => one.calls()))).reduce((sum, calls) => sum + calls, 0);
        const budget = openBudget(database.url);
        try {
          // The first window of an idle portal is no saturation yet.
          while ((await callsOf()) < LIMIT.slots) await delay(100);
          const before = await callsOf();
          const from = performance.now();
          const waits = { busy: [] as number[], idle: [] as number[] };
          const sent: Promise<unknown>[] = [];
          while (performance.now() - from < seconds * 1000) {
            for (const [name, portal] of [
              ['busy', busy],
              ['idle', idle],
            ] as const)
              sent.push(callUnder(budget, portal, 'completion').then((ms) => waits[name].push(ms)));
            await delay(EVERY_MS); // the pace of the completions is the load
          }
          await Promise.all(sent);
          const ms = performance.now() - from;
          const calls = (await callsOf()) - before + waits.busy.length;
          rows.push({ ...waits, used: calls / ((LIMIT.slots * ms) / LIMIT.intervalMs) });
        } finally {
          for (const one of syncs) one.stop();
          await budget.stop();
        }
      }
    } finally {
      await database.stop();
    }
    const p99 = (values: readonly number[]) => percentile(values, 0.99);
    say(
      table(
        ['run', 'completions', 'p50', 'p99', 'idle portal p99', 'of the limit used'],
        rows.map(({ busy, idle, used }, n) => [
          String(n + 1),
          String(busy.length),
          figure(percentile(busy, 0.5), ' ms'),
          figure(p99(busy), ' ms'),
          figure(p99(idle), ' ms'),
          figure(100 * used, ' %'),
        ]),
      ),
    );
    return [
      {
        what: 'completion p99 while sync saturates the portal',
        unit: ' ms',
        values: rows.map(({ busy }) => p99(busy)),
        atMost: 1000,
      },
      {
        what: 'share of the limit used meanwhile',
        unit: ' %',
        values: rows.map(({ used }) => 100 * used),
        atLeast: 97,
      },
    ];
  },
};

export default priority;
