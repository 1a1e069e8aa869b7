import type { RecordedRequest } from '../test/support/sandboxClient.js';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { connectPortals } from './lib/enrol.js';
import { lastRequest, requestsAfter } from './lib/requests.js';
import { most } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PORTALS = 1000;
/** How often a type is looked at, at the least (src/services/sync/syncRun.ts). */
const INTERVAL_MS = 60_000;
const INTERVALS = 3;
const LOADED_WITHIN_MS = 15 * 60_000;

/**
 * Portals whose contacts are mirrored and in which nothing changes. Counted at the sandbox: what is asked of each in
 * any interval; and in the database of Temporal: workflows that read a portal. The peer polls each portal and type once
 * an interval, which is one call each.
 */
const idle: Benchmark = {
  name: 'idle',
  title: `${PORTALS} mirrored portals in which nothing changes: calls of each in an interval, against polling each`,
  runs: 1,

  async run({ runs, quick, say }) {
    const worst: number[] = [];
    const workflows: number[] = [];
    const stale: number[] = [];
    const means: number[] = [];
    const rows: string[][] = [];
    const stack = await startBuiltStack();
    try {
      const portals = await connectPortals(stack, quick ? 20 : PORTALS);
      for (const portalId of portals)
        await stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
      await until(
        'all mirrors are loaded',
        async () => (await countOf(stack, 'fresh_until IS NOT NULL')) === portals.length,
        LOADED_WITHIN_MS,
        1000,
      );
      await spreadPasses(stack);
      for (let n = 0; n < runs; n += 1) {
        const began = await lastRequest(stack);
        const from = await now(stack);
        await new Promise((resolve) => setTimeout(resolve, INTERVALS * INTERVAL_MS));
        const requests = await requestsAfter(stack, began);
        const searches = requests.filter(({ path }) => path.endsWith('/search'));
        means.push(requests.length / portals.length / INTERVALS);
        worst.push(most(portals.map((portalId) => mostInAnInterval(searches, portalId))));
        workflows.push(await startedSince(stack, from));
        stale.push(await oldest(stack));
        say(`${n + 1}. ${kindsOf(requests)}`);
        rows.push([
          String(n + 1),
          String(searches.length),
          String(worst.at(-1)),
          figure(means.at(-1)!),
          String(workflows.at(-1)),
          figure(stale.at(-1)!, ' s'),
        ]);
      }
    } finally {
      await stack.stop();
    }
    say(
      table(
        [
          ...['run', `searches in ${INTERVALS} min`, 'most of a portal in a minute'],
          ...['calls of all kinds a portal and minute', 'workflows', 'oldest mirror'],
        ],
        rows,
      ),
    );
    return [
      { what: 'calls of all kinds, a portal and minute on average', values: means, atMost: 1 },
      // One looks for what changed, and once an hour one looks back at what HubSpot's index showed late
      // (settledPass.ts).
      { what: 'searches of one portal in any minute', values: worst, atMost: 2, by: 'worst' },
      { what: 'workflows where nothing changed', values: workflows, atMost: 0, by: 'worst' },
      // Two minutes for which HubSpot's index may lag, the interval, and a tenth of it for the portal's number.
      { what: 'age of the oldest mirror', values: stale, atMost: 240, by: 'worst', unit: ' s' },
    ];
  },
};

export default idle;

async function countOf(stack: Stack, condition: string): Promise<number> {
  const { rows } = await stack.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM sync_states WHERE ${condition}`,
  );
  return rows[0]!.n;
}

/**
 * As it is after a week: the rounds of the passes are spread over their intervals. The first ones of mirrors that were
 * all made in the same minute would be counted as calls of every minute.
 */
async function spreadPasses(stack: Stack): Promise<void> {
  await until(
    'no pass is under way',
    async () => {
      await stack.pool.query(
        `UPDATE sync_passes SET began_at = now(), ended_at = now(), due_at = now() + random() * (
           CASE pass WHEN 'audit' THEN interval '7 days' WHEN 'calculated' THEN interval '1 day'
                     WHEN 'associations' THEN interval '6 hours' ELSE interval '1 hour' END)
          WHERE pass <> 'webhooks' AND lease_until IS NULL AND (ended_at IS NULL OR due_at <= now())`,
      );
      const { rows } = await stack.pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM sync_passes WHERE lease_until IS NOT NULL`,
      );
      return rows[0]!.n === 0;
    },
    60_000,
    1000,
  );
}

async function now(stack: Stack): Promise<Date> {
  const { rows } = await stack.pool.query<{ at: Date }>('SELECT clock_timestamp() AS at');
  return rows[0]!.at;
}

/** Seconds since the moment up to which the oldest mirror has what HubSpot has. */
async function oldest(stack: Stack): Promise<number> {
  const { rows } = await stack.pool.query<{ s: number }>(
    'SELECT extract(epoch FROM clock_timestamp() - min(fresh_until))::float8 AS s FROM sync_states',
  );
  return rows[0]!.s;
}

/** Workflows that read a portal and were started since. */
async function startedSince(stack: Stack, from: Date): Promise<number> {
  const started = stack.temporal.workflow.list({
    query: `WorkflowType = "portalSync" AND StartTime > "${from.toISOString()}"`,
  });
  let count = 0;
  for await (const { workflowId } of started) count += workflowId.length > 0 ? 1 : 0;
  return count;
}

/** In any stretch of an interval, wherever it begins. */
function mostInAnInterval(searches: readonly RecordedRequest[], portalId: number): number {
  const times = searches.filter((one) => one.portalId === portalId).map(({ atMs }) => atMs);
  return most([
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + INTERVAL_MS).length),
  ]);
}

/** How many there were of each call, whatever the portal or the type. */
function kindsOf(requests: readonly RecordedRequest[]): string {
  const counts = new Map<string, number>();
  for (const { method, path } of requests) {
    const kind = `${method} ${path.replace(/\?.*/, '').replace(/\d{4,}/g, ':id')}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return byCount.map(([kind, count]) => `${count} × ${kind}`).join(', ');
}
