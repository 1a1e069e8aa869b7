import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ensureDefaultWorkspace } from '../src/db/workspaces/workspaces.js';
import { createDatabase } from '../test/support/servers.js';
import { startServices } from '../scripts/lib/services.mjs';
import type { Benchmark } from './lib/benchmark.js';
import { installPeers } from './lib/peers.js';
import { startRollingWindowServer, usage } from './lib/rollingWindow.js';
import { figure, table } from './lib/table.js';

const LIMIT = 110;
const WINDOW_MS = 10_000;
const PROCESSES = 4;

/**
 * Four processes with endless work for one portal, against a server that counts a rolling window. One of them is
 * killed at a random moment of the middle third. HubSpot's official client works beside them, on portals of its own:
 * with one process, for which it is made, and with four.
 */
const budget: Benchmark = {
  name: 'budget',
  title: 'four processes share 110 requests per 10 s, against the limiter of the official client',
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
    const services = await startServices({ dir, temporal: false });
    const database = await createDatabase(services.env.DATABASE_ADMIN_URL!);
    const pool = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
    const server = await startRollingWindowServer(LIMIT, WINDOW_MS);
    const running = new Set<ChildProcess>();
    const start = (script: string, args: string[], options: { tsx?: boolean; cwd?: string } = {}) => {
      const child = fork(path.join(import.meta.dirname, script), args, {
        ...(options.tsx ? { execArgv: ['--import', 'tsx'] } : { execArgv: [] }),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      running.add(child);
      return child;
    };
    const durationMs = quick ? 30_000 : 60_000;
    const results: Run[] = [];
    try {
      const workspaceId = await ensureDefaultWorkspace(pool);
      for (let n = 1; n <= runs; n += 1) {
        await pool.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [n, workspaceId]);
        const ours = Array.from({ length: PROCESSES }, () =>
          start('lib/budgetProcess.ts', [database.url, server.url, `sluice-${n}`, String(n)], { tsx: true }),
        );
        for (const name of [`one-${n}`, ...Array<string>(PROCESSES).fill(`four-${n}`)]) {
          start('peers/hubspotClient.mjs', [server.url, name], { cwd: import.meta.dirname });
        }
        while (server.of(`sluice-${n}`).accepted.length === 0) await delay(50);
        const killAfterMs = durationMs / 3 + Math.random() * (durationMs / 3);
        await delay(killAfterMs);
        ours[0]!.kill('SIGKILL');
        await delay(durationMs - killAfterMs + 5000); // the peers' processes began a little later
        for (const child of running) child.kill('SIGKILL');
        running.clear();
        const judge = (token: string) => {
          const caller = server.of(token);
          const { accepted, refused } = caller;
          return {
            ...usage(caller, LIMIT, WINDOW_MS, durationMs),
            refused,
            refusedShare: refused / (refused + accepted.length),
          };
        };
        results.push({
          killAfterMs,
          ours: judge(`sluice-${n}`),
          one: judge(`one-${n}`),
          four: judge(`four-${n}`),
        });
        say(`run ${n} of ${runs} is over`);
      }
    } finally {
      for (const child of running) child.kill('SIGKILL');
      server.stop();
      await pool.end();
      await services.stop();
      rmSync(dir, { recursive: true, force: true });
    }
    say(describe(results));
    return [
      {
        what: 'share of the limit used, one of four processes killed',
        values: results.map(({ ours }) => 100 * ours.share),
        atLeast: 98.5,
        unit: ' %',
      },
      { what: '429 answers', values: results.map(({ ours }) => ours.refused), atMost: 0, by: 'worst' },
      {
        what: 'most requests in any 10 s',
        values: results.map(({ ours }) => ours.mostInWindow),
        atMost: LIMIT,
        by: 'worst',
      },
      {
        what: 'used ÷ the official client in one process',
        values: results.map(({ ours, one }) => ours.share / one.share),
        atLeast: 1,
        unit: '×',
      },
    ];
  },
};

export default budget;

interface Judged {
  readonly share: number;
  readonly pace: number;
  readonly mostInWindow: number;
  readonly refused: number;
  readonly refusedShare: number;
}

interface Run {
  readonly killAfterMs: number;
  readonly ours: Judged;
  readonly one: Judged;
  readonly four: Judged;
}

function describe(runs: readonly Run[]): string {
  const cells = ({ share, refused, refusedShare }: Judged) => [
    figure(100 * share, ' %'),
    `${refused} (${figure(100 * refusedShare, ' %')})`,
  ];
  return table(
    [
      'run',
      'killed after',
      'sluice ×4 used',
      '429',
      'its pace',
      'official ×1 used',
      '429',
      'official ×4 used',
      '429',
    ],
    runs.map(({ killAfterMs, ours, one, four }, n) => [
      String(n + 1),
      figure(killAfterMs / 1000, ' s'),
      ...cells(ours),
      figure(100 * ours.pace, ' %'),
      ...[one, four].flatMap(cells),
    ]),
  );
}
