import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { connectPortals } from './lib/enrol.js';
import { lastRequest, requestsAfter } from './lib/requests.js';
import { most } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PORTALS = 1000;
const MINUTES = 5;
const LOADED_WITHIN_MS = 15 * 60_000;
/** How often a type is searched that HubSpot tells of (src/services/sync/syncRun.ts), with what the number adds. */
const TOLD_EVERY_MINUTES = 15;

/**
 * Portals whose contacts are mirrored and in which nothing changes, with the webhooks journal. Counted at the sandbox:
 * what the journal is asked, shared by all portals, and what each portal is asked.
 */
const journal: Benchmark = {
  name: 'journal',
  title: `${PORTALS} quiet mirrored portals with the webhooks journal: calls a portal and minute`,
  runs: 1,

  async run({ runs, quick, say }) {
    const shared: number[] = [];
    const searches: number[] = [];
    const worst: number[] = [];
    const rows: string[][] = [];
    const minutes = quick ? 1 : MINUTES;
    const env = { WEBHOOKS_JOURNAL: 'true', WEBHOOKS_JOURNAL_SUBSCRIPTIONS: '10000' };
    const stack = await startBuiltStack({ env });
    try {
      await stack.sandbox.settings({ clientCredentialsEnabled: true, journalSubscriptions: 10_000 });
      const portals = await connectPortals(stack, quick ? 20 : PORTALS);
      // The app subscribes to portals that it is installed in by OAuth; the tokens are those of private apps here.
      await stack.pool.query("UPDATE portals SET auth = 'oauth'");
      for (const portalId of portals)
        await stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
      await untilAll(stack, portals.length, 'all mirrors are loaded', 'fresh_until IS NOT NULL');
      await untilAll(stack, portals.length, 'HubSpot tells of all of them', 'told_since IS NOT NULL');
      await beQuiet(stack, portals);
      for (let n = 0; n < runs; n += 1) {
        const [before, began] = [await asked(stack), await lastRequest(stack)];
        await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
        const requests = (await requestsAfter(stack, began)).filter(({ path }) => path.endsWith('/search'));
        const perPortal = portals.length * minutes;
        shared.push(((await asked(stack)) - before) / perPortal);
        searches.push(requests.length / perPortal);
        worst.push(most([0, ...portals.map((id) => requests.filter((one) => one.portalId === id).length)]));
        rows.push([String(n + 1), figure(shared.at(-1)!), figure(searches.at(-1)!), String(worst.at(-1))]);
      }
    } finally {
      await stack.stop();
    }
    say(
      table(
        [
          ...['run', 'calls of the journal a portal and minute', 'searches a portal and minute'],
          `most of one portal in ${minutes} min`,
        ],
        rows,
      ),
    );
    return [
      { what: 'calls of the journal, a portal and minute', values: shared, atMost: quick ? 10 : 0.05 },
      {
        what: 'searches, a portal and minute',
        values: searches,
        atMost: quick ? 1 : 1.5 / TOLD_EVERY_MINUTES,
      },
      { what: `searches of one portal in ${minutes} minutes`, values: worst, atMost: 1, by: 'worst' },
    ];
  },
};

export default journal;

async function countOf(stack: Stack, condition: string): Promise<number> {
  const { rows } = await stack.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM sync_states WHERE ${condition}`,
  );
  return rows[0]!.n;
}

const untilAll = (stack: Stack, portals: number, what: string, condition: string) =>
  until(what, async () => (await countOf(stack, condition)) === portals, LOADED_WITHIN_MS, 1000);

/**
 * One value has changed, so the journal is trusted; the portals are told of for long, and as far apart as they come to
 * be.
 */
async function beQuiet(stack: Stack, [portalId]: readonly number[]): Promise<void> {
  await stack.sandbox.publish([
    {
      ...{ type: 'crmObject', portalId, action: 'UPDATE', objectTypeId: '0-1', objectId: 1 },
      ...{ occurredAt: new Date().toISOString(), propertyChanges: {} },
    },
  ]);
  const tells = async () =>
    (await stack.pool.query<{ tells: boolean }>('SELECT journal_tells() AS tells')).rows[0]!.tells;
  await until('the journal is trusted', tells, 60_000);
  await stack.pool.query(
    `UPDATE sync_states SET told_since = now() - interval '1 hour', due_at = now() + random() * interval '15 minutes'`,
  );
  const overdue = async () => {
    const { rows } = await stack.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM sync_passes WHERE due_at < clock_timestamp() - interval '1 minute'`,
    );
    return rows[0]!.n;
  };
  await until(
    'all passes of a new mirror are through',
    async () => (await overdue()) === 0,
    LOADED_WITHIN_MS,
    1000,
  );
}

async function asked(stack: Stack): Promise<number> {
  const counts = Object.values<number>((await stack.sandbox.journal()).asked);
  return counts.reduce((sum, count) => sum + count, 0);
}
