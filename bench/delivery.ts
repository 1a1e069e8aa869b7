import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { least, most, percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

/** HubSpot's limit of 110 calls per 10 s, with 100 rows a call. */
const CEILING_PER_SECOND = 1100;
const KEY_PROPERTY = 'sluice_driver_id';
const SINGLES = { warm: 20, cold: 8 };
/** A delivery sleeps five seconds after its last event. */
const ASLEEP_MS = 7000;

/**
 * Everything runs on this machine: sandbox with HubSpot's limit, one worker, Postgres (fsync on), Temporal. Contacts
 * are written by a unique property of the application's, one call for a hundred; by e-mail they need two, which is
 * shown beside it.
 */
const delivery: Benchmark = {
  name: 'delivery',
  title:
    "rows/s of upserts to one portal under HubSpot's limit, from the commit of the first event to the last row at the sandbox",
  runs: 5,

  async run({ runs, quick, say }) {
    const count = quick ? 5000 : 50_000;
    const byKey = await withStack({ OUTBOX_CONTACT_KEY_PROPERTY: KEY_PROPERTY }, async (stack) => {
      const passages: Passage[] = [];
      for (let n = 0; n < runs; n += 1) passages.push(await flood(stack, count));
      return { passages, warm: await singles(stack, 'warm'), cold: await singles(stack, 'cold') };
    });
    const byEmail = await withStack({}, (stack) => flood(stack, count / 5));
    say(
      table(
        ['contacts by', 'events', 'rows/s', 'calls', 'rows per call', '429s'],
        [...byKey.passages.map((one) => ['own property', one] as const), ['e-mail', byEmail] as const].map(
          ([name, one]) => [
            name,
            figure(one.events),
            figure(Math.round(one.perSecond)),
            figure(one.calls),
            figure(Math.round(one.events / one.writes)),
            figure(one.throttled),
          ],
        ),
      ),
    );
    return [
      {
        what: `rows/s ÷ HubSpot's ceiling of ${CEILING_PER_SECOND}/s`,
        values: byKey.passages.map((one) => one.perSecond / CEILING_PER_SECOND),
        atLeast: 0.95,
        unit: '×',
      },
      { what: '429s', values: byKey.passages.map((one) => one.throttled), atMost: 0, by: 'worst' },
      {
        what: 'events lost, or booked twice',
        values: byKey.passages.map((one) => one.wrong),
        atMost: 0,
        by: 'worst',
      },
      {
        what: 'commit to HubSpot, p95, while a delivery is awake',
        values: [percentile(byKey.warm, 0.95)],
        atMost: 1000,
        unit: ' ms',
      },
      {
        what: 'the same, while everything sleeps',
        values: [percentile(byKey.cold, 0.95)],
        atMost: 1000,
        unit: ' ms',
      },
    ];
  },
};

export default delivery;

interface Passage {
  readonly events: number;
  readonly perSecond: number;
  readonly calls: number;
  readonly writes: number;
  readonly throttled: number;
  readonly wrong: number;
}

async function withStack<T>(
  env: Readonly<Record<string, string>>,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await startBuiltStack({ workers: 1, env: { HUBSPOT_SEND_LIVE: 'true', ...env } });
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

async function connect(stack: Stack): Promise<number> {
  const portalId = await stack.connectPortal();
  const token = stack.secrets.tokens.get(portalId) ?? '';
  const answer = await fetch(`${stack.sandboxProcess.url}/crm/properties/2026-03/contacts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ groupName: 'contactinformation', name: KEY_PROPERTY, label: 'Driver', type: 'string' },
      ...{ fieldType: 'text', hasUniqueValue: true, formField: false },
    }),
  });
  if (!answer.ok) throw new Error(`The property could not be made: ${answer.status} ${await answer.text()}`);
  return portalId;
}

/** An application that commits all of its events in transactions of a thousand. */
async function flood(stack: Stack, events: number): Promise<Passage> {
  const portalId = await connect(stack);
  const { nowMs: fromMs } = await stack.sandbox.health();
  for (let n = 0; n < events; n += 1000) await capture(stack, portalId, n, Math.min(1000, events - n));
  const processed = async () => {
    const { rows } = await stack.pool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM outbox_history WHERE portal_id = $1',
      [portalId],
    );
    return rows[0]?.n ?? 0;
  };
  await until(`${events} events are processed`, async () => (await processed()) >= events, 300_000, 500);
  const requests = await requestsOf(stack, portalId);
  const writes = requests.filter(({ path, status }) => isWrite(path) && status < 300);
  const lastMs = most(writes.map(({ atMs, ms }) => atMs + (ms ?? 0)));
  const { records } = await stack.sandbox.crm(portalId);
  return {
    events,
    perSecond: (events * 1000) / (lastMs - fromMs),
    calls: requests.length,
    writes: writes.length,
    throttled: requests.filter(({ status }) => status === 429).length,
    wrong: Math.abs((records.contacts ?? 0) - events) + Math.abs((await processed()) - events),
  };
}

/** One event at a time, seconds apart: how long each takes from its commit to HubSpot. */
async function singles(stack: Stack, how: keyof typeof SINGLES): Promise<number[]> {
  const portalId = await connect(stack);
  await capture(stack, portalId, 0, 1);
  const took: number[] = [];
  for (let n = 1; n <= SINGLES[how]; n += 1) {
    await until(
      'the one before has arrived',
      async () => (await writesOf(stack, portalId)).length >= n,
      30_000,
      50,
    );
    await delay(how === 'warm' ? 1000 : ASLEEP_MS);
    const { nowMs } = await stack.sandbox.health();
    await capture(stack, portalId, n, 1);
    await until('it has arrived', async () => (await writesOf(stack, portalId)).length > n, 30_000, 50);
    took.push(
      least((await writesOf(stack, portalId)).map(({ atMs }) => atMs).filter((atMs) => atMs >= nowMs)) -
        nowMs,
    );
  }
  return took;
}

async function capture(stack: Stack, portalId: number, from: number, count: number): Promise<void> {
  await stack.pool.query(
    `SELECT sluice_track_event('driver_signed_up', jsonb_build_object('driverId', $1 || '-' || n, 'email', 'd' || $1 || '.' || n || '@example.com'),
                               NULL, NULL, $1::bigint)
       FROM generate_series($2::int, $3::int) n`,
    [String(portalId), from, from + count - 1],
  );
}

const isWrite = (path: string): boolean => /\/contacts\/batch\/(upsert|create|update)/.test(path);
const writesOf = async (stack: Stack, portalId: number) =>
  (await requestsOf(stack, portalId)).filter(({ path }) => isWrite(path));

async function requestsOf(stack: Stack, portalId: number) {
  const all: Awaited<ReturnType<Stack['sandbox']['requests']>>['items'][number][] = [];
  for (let after = 0; ;) {
    const page = await stack.sandbox.requests({ portalId, after, limit: 1000 });
    all.push(...page.items);
    if (page.items.length === 0) return all;
    after = page.next;
  }
}
