import { setTimeout as delay } from 'node:timers/promises';
import { hammerLists, otherTenant } from '../test/support/otherTenant.js';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type Step } from './lib/load.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PER_SECOND = 100;
const SECONDS = 10;
const WORKFLOW_ID = 713_617_349;
const FAST = { max_throughput: '100000', time: '1', period: 'seconds' };
const REFUSED = 1600;
const REFUSED_PER_SECOND = 80;
/** What the tenant that hammers lists has of its own. */
const HISTORY_ROWS = 200_000;
const HAMMERS = 4;
/** The largest request that is taken is 2 MB, the largest payload 64 KiB. */
const LARGEST = { events: 30, bytes: 60_000 };
const LARGEST_EVERY_MS = 500;

/**
 * One portal's calls at 100 a second, from call to ack and from commit to completion: alone, then beside three
 * neighbours together. HubSpot's calls have a process of their own (`npm run intake`), as in production. One has 1,600
 * executions waiting, each in a workflow of its own, which HubSpot refuses (403); one hammers lists and statistics as
 * fast as they are answered; one sends the largest requests that are taken.
 */
const noisy: Benchmark = {
  name: 'noisy',
  title:
    'p99 of acks and completions of one portal beside a refused portal, a tenant that hammers lists and one that sends the largest bodies',
  runs: 5,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({
      ...{ workers: 1, intakes: 1 },
      env: { THROTTLE_MAX_PER_WORKFLOW: '1', API_INTAKE: 'off' },
    });
    const generator = startGenerator();
    const end = new AbortController();
    try {
      const portalId = await stack.connectPortal();
      const { call } = createCaller(stack, generator);
      const step: Step = { portalId, workflowId: WORKFLOW_ID, actionId: 1, actionDefinitionId: 33_540_407 };
      const seconds = quick ? 3 : SECONDS;
      const once = async (): Promise<Run> => {
        const { rows } = await stack.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
        const from = rows[0]!.now;
        const { latencyMs } = await call({
          steps: [step],
          count: PER_SECOND * seconds,
          perSecond: PER_SECOND,
          inputFields: FAST,
        });
        const completed = await completions(stack, portalId, from, PER_SECOND * seconds);
        return { ack: percentile(latencyMs, 0.99), completion: percentile(completed, 0.99) };
      };

      await once(); // warm: compiled code and plans
      const alone: Run[] = [];
      for (let n = 0; n < runs; n += 1) alone.push(await once());

      await refused(stack, quick ? 100 : REFUSED);
      const neighbours = [
        hammerLists(stack, await otherTenant(stack, quick ? 5000 : HISTORY_ROWS), HAMMERS, end.signal),
        largest(stack, await otherTenant(stack, 0), end.signal),
      ];
      await delay(3000);
      const beside: Run[] = [];
      for (let n = 0; n < runs; n += 1) beside.push(await once());
      end.abort();
      await Promise.all(neighbours);
      say(describe(alone, beside));
      const ratios = (of: keyof Run) => beside.map((run, n) => run[of] / alone[n]![of]);
      return [
        { what: 'ack p99 beside them ÷ alone', values: ratios('ack'), atMost: 1.3, unit: '×' },
        { what: 'completion p99 beside them ÷ alone', values: ratios('completion'), atMost: 1.3, unit: '×' },
      ];
    } finally {
      end.abort();
      generator.stop();
      await stack.stop();
    }
  },
};

export default noisy;

/** In milliseconds. */
interface Run {
  readonly ack: number;
  readonly completion: number;
}

/** From commit to completion, of what was committed since `from`, when all of it is complete. */
async function completions(stack: Stack, portalId: number, from: Date, count: number): Promise<number[]> {
  return until(
    'all of them are complete',
    async () => {
      const { rows } = await stack.pool.query<{ ms: number }>(
        `SELECT (extract(epoch FROM finished_at - received_at) * 1000)::float8 AS ms FROM execution_history
          WHERE portal_id = $1 AND received_at >= $2 AND state = 'completed'`,
        [portalId, from],
      );
      return rows.length >= count && rows.map(({ ms }) => ms);
    },
    120_000,
    250,
  );
}

/** A portal that lost the scope for completions, with so many executions that wait in workflows of their own. */
async function refused(stack: Stack, count: number): Promise<void> {
  const portalId = await stack.connectPortal();
  await stack.sandbox.fault({ target: 'callbacks', kind: 'status', portalId, status: 403 });
  const { workflowId } = await stack.addFlow(portalId, {
    steps: [{ rate: { limit: 3000, intervalMs: 3_600_000 } }],
  });
  await stack.sandbox.enrol(portalId, workflowId, { count, ratePerSecond: REFUSED_PER_SECOND });
  await until(
    'each of them rides in a workflow',
    async () => {
      const { rows } = await stack.pool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM packs WHERE portal_id = $1 AND claimed_at IS NOT NULL',
        [portalId],
      );
      return rows[0]!.n >= count;
    },
    180_000,
    500,
  );
}

async function largest(stack: Stack, key: string, end: AbortSignal): Promise<void> {
  const event = { type: 'noisy', payload: { text: 'x'.repeat(LARGEST.bytes) } };
  const body = JSON.stringify({ events: Array.from({ length: LARGEST.events }, () => event) });
  while (!end.aborted) {
    const response = await fetch(`${stack.apis[0]!.url}/api/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    await delay(LARGEST_EVERY_MS);
  }
}

function describe(alone: readonly Run[], beside: readonly Run[]): string {
  return table(
    ['run', 'ack p99 alone', 'beside', 'completion p99 alone', 'beside'],
    alone.map((run, n) => [
      String(n + 1),
      figure(run.ack, ' ms'),
      figure(beside[n]!.ack, ' ms'),
      figure(run.completion, ' ms'),
      figure(beside[n]!.completion, ' ms'),
    ]),
  );
}
