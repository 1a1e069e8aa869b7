import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { addFlows, connectPortals } from './lib/enrol.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
const PER_SECOND = 300;
/** HubSpot takes its time, so that a worker that is killed has requests under way. */
const ANSWER_MS = 100;
const BETWEEN_KILLS_MS = 6000;
const RECOVERED_WITHIN_MS = 60_000;

/**
 * 300 calls a second flow through two workers without a throttle. One worker is killed at a random moment: from then
 * until the last execution that had been accepted before has been completed, whoever had claimed it. Then it is
 * started again.
 */
const recovery: Benchmark = {
  name: 'recovery',
  title:
    'a worker killed under load: until its work goes on, against 30 s (BullMQ), 1 h (Oban), 4 h (graphile-worker)',
  runs: 7,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({ workers: 2 });
    const kills: Kill[] = [];
    try {
      const flows = await addFlows(stack, await connectPortals(stack, PORTALS));
      await stack.sandbox.fault({ target: 'callbacks', kind: 'latency', latencyMs: ANSWER_MS });
      const ratePerSecond = PER_SECOND / PORTALS;
      for (const { portalId, workflowId } of flows) {
        await stack.sandbox.enrol(portalId, workflowId, { count: 1_000_000, ratePerSecond, concurrency: 64 });
      }
      for (let n = 0; n < runs; n += 1) {
        await delay((quick ? 0.5 : 1) * BETWEEN_KILLS_MS + Math.random() * 1000);
        kills.push(await killOne(stack, n));
        const [last] = kills.slice(-1);
        say(`kill ${n + 1} of ${runs}: ${figure(last!.seconds, ' s')}`);
      }
    } finally {
      await stack.stop();
    }
    say(`\n${describe(kills)}`);
    return [
      {
        what: 'until all that was accepted before the kill is completed',
        values: kills.map(({ seconds }) => seconds),
        atMost: 12,
        unit: ' s',
        by: 'worst',
      },
    ];
  },
};

export default recovery;

interface Kill {
  readonly seconds: number;
  /** Accepted before the kill and not completed then. */
  readonly open: number;
  /** Of those, sent by the killed worker and unanswered. */
  readonly sent: number;
}

async function killOne(stack: Stack, n: number): Promise<Kill> {
  const victim = stack.workers[n % stack.workers.length]!;
  const pid = victim.pid!;
  await victim.kill();
  const { rows } = await stack.pool.query<{ at: Date; open: number; sent: number }>(
    `SELECT clock_timestamp() AS at, (SELECT count(*)::int FROM executions) AS open,
            (SELECT coalesce(sum(count), 0)::int FROM lane_grants WHERE answered_at IS NULL AND split_part(owner, ':', 2) = $1) AS sent`,
    [String(pid)],
  );
  const { at, open, sent } = rows[0]!;
  await until(
    'what was accepted before the kill is completed',
    async () => {
      const left = await stack.pool.query('SELECT 1 FROM executions WHERE received_at < $1 LIMIT 1', [at]);
      return left.rowCount === 0;
    },
    RECOVERED_WITHIN_MS,
    100,
  );
  const last = await stack.pool.query<{ seconds: number }>(
    `SELECT extract(epoch FROM max(finished_at) - $1)::float8 AS seconds FROM execution_history WHERE received_at < $1`,
    [at],
  );
  victim.start();
  await victim.waitReady();
  return { seconds: last.rows[0]!.seconds, open, sent };
}

function describe(kills: readonly Kill[]): string {
  return table(
    ['kill', 'recovered after', 'executions open', 'of them sent and unanswered'],
    kills.map(({ seconds, open, sent }, n) => [
      String(n + 1),
      figure(seconds, ' s'),
      figure(open),
      figure(sent),
    ]),
  );
}
