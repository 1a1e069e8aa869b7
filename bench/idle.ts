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
      await until(
        'all passes of a new mirror are through',
        async () => (await overdue(stack)) === 0,
        LOADED_WITHIN_MS,
        1000,
      );
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
      { what: 'searches of one portal in any minute', values: worst, atMost: 1, by: 'worst' },
      { what: 'calls of all kinds, a portal and minute on average', values: means, atMost: 1 },
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
 * Passes whose first round is due and not through; the next rounds are hours away. What webhooks name is read when
 * something has come, not at a time.
 */
async function overdue(stack: Stack): Promise<number> {
  const { rows } = await stack.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM sync_passes WHERE pass <> 'webhooks' AND (ended_at IS NULL OR lease_until IS NOT NULL)
        AND due_at < clock_timestamp() + interval '10 minutes'`,
  );
  return rows[0]!.n;
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
