import { planJournal } from '../src/domain/webhooks/journalPlan.js';
import { bodyOf } from '../src/services/webhooks/subscribeJournal.js';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { connectPortals } from './lib/enrol.js';
import { lastRequest, requestsAfter } from './lib/requests.js';
import { most } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PORTALS = 1000;
const MINUTES = 2;
/** A worker that has just started sees to a thousand portals that became active before it plans for all. */
const TOLD_WITHIN_MS = 6 * 60_000;
const MOST_SUBSCRIPTIONS = 10_000;
const SUBSCRIBERS = 16;
const SCOPES = [
  'developer.webhooks_journal.read',
  'developer.webhooks_journal.subscriptions.read',
  'developer.webhooks_journal.subscriptions.write',
];
/** How often a type is searched that HubSpot tells of (src/services/sync/syncRun.ts), with what the number adds. */
const TOLD_EVERY_MINUTES = 15;

/**
 * Portals whose contacts are mirrored and in which nothing changes, with the webhooks journal: as they are a while
 * after they were loaded and subscribed to, which `idle` and tests see. Counted at the sandbox: what the journal is
 * asked, shared by all portals, and what each portal is asked.
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
    const env = {
      API_REQUESTS_PER_MINUTE: '1000000',
      WEBHOOKS_JOURNAL: 'true',
      WEBHOOKS_JOURNAL_SUBSCRIPTIONS: String(MOST_SUBSCRIPTIONS),
    };
    const stack = await startBuiltStack({ env, workers: 0 });
    try {
      await stack.sandbox.settings({
        clientCredentialsEnabled: true,
        journalSubscriptions: MOST_SUBSCRIPTIONS,
      });
      const portals = await connectPortals(stack, quick ? 20 : PORTALS);
      // The app subscribes to portals that it is installed in by OAuth; the tokens are those of private apps here.
      await stack.pool.query("UPDATE portals SET auth = 'oauth'");
      for (const portalId of portals)
        await stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
      await beLoaded(stack);
      await subscribe(stack, portals);
      await stack.startWorker().waitReady();
      await until(
        'HubSpot tells of all of them',
        async () => (await countOf(stack, 'told_since IS NOT NULL')) === portals.length,
        TOLD_WITHIN_MS,
        1000,
      );
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

/** As after a first load that has found nothing, and the rounds that follow it. */
async function beLoaded({ pool }: Stack): Promise<void> {
  await pool.query(
    `UPDATE sync_states
        SET loaded_at = now(), fresh_until = now(), due_at = now() + interval '15 minutes',
            cursor = jsonb_build_object('version', 1, 'kind', 'follow', 'from', (extract(epoch FROM now()) * 1000)::bigint)`,
  );
  await pool.query(`UPDATE sync_passes SET due_at = now() + interval '1 day' WHERE pass <> 'webhooks'`);
}

/** To all that the worker would subscribe to, fifty a round. */
async function subscribe(stack: Stack, portals: readonly number[]): Promise<void> {
  const ask = async (path: string, headers: Record<string, string>, body: string) => {
    const answer = await fetch(stack.sandboxProcess.url + path, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text}`);
    return text;
  };
  const form = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_id: stack.env.HUBSPOT_CLIENT_ID! },
    ...{ client_secret: stack.secrets.clientSecret, scope: SCOPES.join(' ') },
  });
  const { access_token: token } = JSON.parse(
    await ask(
      '/oauth/2026-03/token',
      { 'content-type': 'application/x-www-form-urlencoded' },
      form.toString(),
    ),
  ) as { access_token: string };
  const mirrored = portals.map((portalId) => ({ portalId, objectType: 'contacts' }));
  const left = [...planJournal(mirrored, [], MOST_SUBSCRIPTIONS).subscribe];
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await stack.sandbox.settings({ journalRequestsPerSecond: 1000 });
  await Promise.all(
    Array.from({ length: SUBSCRIBERS }, async () => {
      for (let one = left.pop(); one; one = left.pop())
        await ask('/webhooks-journal/subscriptions/2026-03', headers, JSON.stringify(bodyOf(one)));
    }),
  );
  await stack.sandbox.settings({ journalRequestsPerSecond: 100 });
}

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
}

async function asked(stack: Stack): Promise<number> {
  const counts = Object.values<number>((await stack.sandbox.journal()).asked);
  return counts.reduce((sum, count) => sum + count, 0);
}
