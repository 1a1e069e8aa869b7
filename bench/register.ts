import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { installPeers, startPeer } from './lib/peers.js';
import type { Stack } from '../test/support/stack.js';

const CALLERS = 50;
const EACH = 10;
const PEER_COUNT = 20;
const ANSWER_MS = 250;

/**
 * Registrations of a contact with a deal and a ticket in one portal, of fifty callers at a time who wait for their
 * answer; everything on this machine: the sandbox with HubSpot's limits, which answers after 250 ms, API and worker as
 * they are built, Postgres (fsync on), Temporal. The official client does the same in another portal of the same
 * sandbox, one call at a time.
 */
const register: Benchmark = {
  name: 'register',
  title: `registrations/s of one portal, ${CALLERS} callers, ${ANSWER_MS} ms per answer, against the official client one call at a time`,
  runs: 3,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const ratios: number[] = [];
    const refused: number[] = [];
    const stack = await startBuiltStack({ workers: 1, env: { API_REQUESTS_PER_MINUTE: '1000000' } });
    try {
      await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
      for (let n = 0; n < runs; n += 1) {
        const ours = await stack.connectPortal();
        await registerAll(stack, ours, 1, 1); // definitions, and the properties of ours
        const own = await registerAll(stack, ours, CALLERS, quick ? 2 : EACH);
        const other = await peer(stack, quick ? 3 : PEER_COUNT);
        const { rejected429 } = await limits(stack, ours);
        say(
          `${n + 1}. ${own.toFixed(1)}/s, the official client ${other.toFixed(2)}/s: ${(own / other).toFixed(1)}×; ${rejected429} times 429`,
        );
        ratios.push(own / other);
        refused.push(rejected429);
      }
    } finally {
      await stack.stop();
    }
    return [
      {
        what: 'registrations/s ÷ the official client, one call at a time',
        values: ratios,
        atLeast: 5,
        unit: '×',
      },
      { what: '429s', values: refused, atMost: 0, by: 'worst' },
    ];
  },
};

export default register;

let made = 0;

async function registerAll(stack: Stack, portalId: number, callers: number, each: number): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let n = 0; n < each; n += 1) await one(stack, portalId);
    }),
  );
  return (callers * each) / ((performance.now() - began) / 1000);
}

async function one(stack: Stack, portalId: number): Promise<void> {
  made += 1;
  const response = await fetch(`${stack.apis[0]?.url}/crm/register`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.secrets.apiKey}`,
      'content-type': 'application/json',
      prefer: 'wait=60',
    },
    body: JSON.stringify({
      portalId,
      contact: { email: `bench-${made}@example.com`, firstname: 'Ada' },
      deals: [{ dealname: `Deal ${made}`, dealstage: 'appointmentscheduled' }],
      tickets: [{ subject: `Ticket ${made}`, hs_pipeline_stage: '1' }],
    }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
}

async function peer(stack: Stack, count: number): Promise<number> {
  const portalId = await stack.connectPortal();
  const { accessToken } = await stack.sandbox.install(portalId);
  const env = { TOKEN: accessToken, BASE_PATH: stack.sandboxProcess.url };
  const { peer: client } = await startPeer('hubspotRegister', env);
  try {
    const { seconds } = await client.ask<{ seconds: number }>({ count });
    return count / seconds;
  } finally {
    client.stop();
  }
}

async function limits(stack: Stack, portalId: number): Promise<{ rejected429: number }> {
  const { items } = await stack.sandbox.requests({ portalId, limit: 10_000 });
  return { rejected429: items.filter(({ status }) => status === 429).length };
}
