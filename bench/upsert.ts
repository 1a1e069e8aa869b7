import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openMirroredPortal } from './lib/mirroredPortal.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';

/** HubSpot's limit of 110 calls per 10 s, with 100 records a call. */
const CEILING_PER_SECOND = 1100;
const WINDOW_MS = 10_000;
const ANSWER_MS = 250;
const CALLERS = 20;
const IN_FLIGHT = 50;
const PAGE = 100;
/** Written before anything is measured: a process that has just started compiles what it runs. */
const WARM_UP = 10_000;

/**
 * Single changes of records over HTTP, each with its own answer, to one portal of a sandbox that has HubSpot's limit
 * and answers after 250 ms. The type is not mirrored: each of the limit's calls is one that writes.
 */
const upsert: Benchmark = {
  name: 'upsert',
  title: `single writes of ${CALLERS} callers, ${IN_FLIGHT} in flight each, at one portal, against HubSpot's ceiling`,
  runs: 1,

  async run({ runs, quick, say }) {
    // As in production, where answers are not compared with their descriptions.
    const env = { API_REQUESTS_PER_MINUTE: '1000000', CHECK_ANSWERS: 'false' };
    const stack = await startBuiltStack({ workers: 1, env });
    const dispatcher = new Agent({ connections: CALLERS * IN_FLIGHT, pipelining: 1 });
    const shares: number[] = [];
    const waits: number[] = [];
    const refused: number[] = [];
    try {
      const count = quick ? 5000 : 50_000;
      const { portalId, usage } = await openMirroredPortal(stack, count);
      const keys = await makeKeys(stack);
      const ids = await listIds(stack, portalId, count);
      await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
      await writeAll(stack, dispatcher, { portalId, keys, ids: ids.slice(0, WARM_UP), n: -1 });
      for (let n = 0; n < runs; n += 1) {
        await delay(WINDOW_MS);
        const before = await usage();
        const { perSecond, latencies } = await writeAll(stack, dispatcher, { portalId, keys, ids, n });
        const after = await usage();
        shares.push(perSecond / CEILING_PER_SECOND);
        waits.push(percentile(latencies, 0.99));
        refused.push(after.rejected429 - before.rejected429);
        say(
          `${n + 1}. ${Math.round(perSecond)} records/s in ${after.calls - before.calls} calls; p50 ${figure(percentile(latencies, 0.5), ' ms')}, p99 ${figure(percentile(latencies, 0.99), ' ms')}`,
        );
      }
    } finally {
      await dispatcher.close();
      await stack.stop();
    }
    return [
      {
        what: `records/s ÷ HubSpot's ceiling of ${CEILING_PER_SECOND}/s`,
        values: shares,
        atLeast: 0.9,
        unit: '×',
      },
      { what: 'a write, p99', values: waits, atMost: 3000, unit: ' ms' },
      { what: '429s', values: refused, atMost: 0, by: 'worst' },
    ];
  },
};

export default upsert;

/** Each caller is a program of its own. */
async function makeKeys(stack: Stack): Promise<string[]> {
  const keys: string[] = [];
  for (let n = 0; n < CALLERS; n += 1) {
    const body = { name: `caller ${n}`, scopes: ['crm'] };
    keys.push((await stack.api.must<{ key: string }>('POST', '/api/keys', body)).key);
  }
  return keys;
}

async function listIds(stack: Stack, portalId: number, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = '0'; after !== null && ids.length < count;) {
    const page: { contacts: { id: string }[]; next_after: string | null } = await stack.api.must(
      'GET',
      `/crm/objects?portalId=${portalId}&limit=${PAGE}&after=${after}`,
    );
    ids.push(...page.contacts.map(({ id }) => id));
    after = page.next_after;
  }
  if (ids.length < count) throw new Error(`${ids.length} of ${count} contacts are listed`);
  return ids.slice(0, count);
}

async function writeAll(
  stack: Stack,
  dispatcher: Agent,
  {
    portalId,
    keys,
    ids,
    n,
  }: { portalId: number; keys: readonly string[]; ids: readonly string[]; n: number },
): Promise<{ perSecond: number; latencies: number[] }> {
  const url = stack.apis[0]!.url;
  const latencies: number[] = [];
  let next = 0;
  async function write(key: string): Promise<void> {
    for (let at = next++; at < ids.length; at = next++) {
      const from = performance.now();
      const { statusCode, body } = await request(
        `${url}/api/objects/contacts/${ids[at]}?portalId=${portalId}`,
        {
          ...{ dispatcher, method: 'PATCH' },
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ properties: { firstname: `Run ${n}, ${at}` } }),
        },
      );
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`A write was answered ${statusCode}: ${text}`);
      latencies.push(performance.now() - from);
    }
  }
  const from = performance.now();
  await Promise.all(keys.flatMap((key) => Array.from({ length: IN_FLIGHT }, () => write(key))));
  return { perSecond: (ids.length * 1000) / (performance.now() - from), latencies };
}
