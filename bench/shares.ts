import { setTimeout as delay } from 'node:timers/promises';
import { PACED, WEIGHTS } from '../src/domain/hubspot/priorities.js';
import { ensureDefaultWorkspace } from '../src/db/workspaces/workspaces.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBenchDatabase } from './lib/database.js';
import { LIMIT } from './lib/openBudget.js';
import { saturate } from './lib/saturate.js';
import { figure, table } from './lib/table.js';

const ALL = PACED.reduce((sum, priority) => sum + WEIGHTS[priority], 0);

/** Four processes, each with endless work of one priority for the same portal. */
const shares: Benchmark = {
  name: 'shares',
  title: 'what each priority gets of a limit that all want more of, against its weight',
  runs: 3,

  async run({ runs, quick, say }) {
    const database = await startBenchDatabase();
    const windows = quick ? 1 : 3;
    /** Of each run: what a priority got, as a multiple of its weight's share. */
    const rows: number[][] = [];
    const used: number[] = [];
    try {
      const workspaceId = await ensureDefaultWorkspace(database.admin);
      for (let n = 0; n < runs; n += 1) {
        const portalId = n + 1;
        await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
          portalId,
          workspaceId,
        ]);
        const all = PACED.map((priority) => saturate(database.url, portalId, priority));
        const calls = () => Promise.all(all.map((one) => one.calls()));
        const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
        try {
          // The slots of the first window were given out while some of them were still starting.
          while (sum(await calls()) < 2 * LIMIT.slots) await delay(100);
          const before = await calls();
          const from = performance.now();
          await delay(windows * LIMIT.intervalMs);
          const after = await calls();
          const ms = performance.now() - from;
          const got = after.map((count, index) => count - before[index]!);
          rows.push(PACED.map((priority, index) => (got[index]! / sum(got)) * (ALL / WEIGHTS[priority])));
          used.push((100 * sum(got)) / ((LIMIT.slots * ms) / LIMIT.intervalMs));
        } finally {
          for (const one of all) one.stop();
        }
      }
    } finally {
      await database.stop();
    }
    say(
      table(
        ['run', ...PACED, 'of the limit used'],
        rows.map((row, n) => [
          String(n + 1),
          ...row.map((share) => figure(share, '×')),
          figure(used[n]!, ' %'),
        ]),
      ),
    );
    return [
      ...PACED.map((priority, index) => ({
        what: `${priority}: what it got ÷ its share by weight`,
        unit: '×',
        values: rows.map((row) => row[index]!),
        atLeast: 0.7,
        atMost: 1.4,
      })),
      { what: 'share of the limit used', unit: ' %', values: used, atLeast: 95 },
    ];
  },
};

export default shares;
