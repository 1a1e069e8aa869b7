import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type LoadResult, type Step } from './lib/load.js';
import { installPeers, startPeer } from './lib/peers.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';
import type { Stack } from '../test/support/stack.js';

const PORTALS = 16;
const OFFERED_PER_SECOND = 300;
/** What one worker on two cores claims, as measured; no worker runs here. */
const CLAIMS_PER_SECOND = 50;
const CLAIM_EVERY_MS = 160;

/**
 * Intake, API, Postgres (fsync on) and Temporal run; workers do not, as if they were on machines of their own. A
 * stand-in claims the workflows that the starter starts, as fast as a worker would, so that the starter has all its
 * work to do.
 */
const intake: Benchmark = {
  name: 'intake',
  title:
    'durable signed acks over HTTP, on a listener and process of their own and mounted in the API, against Express 5 with a JSON body and no database',
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const stack = await startBuiltStack({ workers: 0, intakes: 1 });
    const generator = startGenerator();
    const { peer, hello } = await startPeer<{ port: number }>('express');
    const claims = setInterval(
      () => void claimStarted(stack).catch(() => clearInterval(claims)),
      CLAIM_EVERY_MS,
    );
    try {
      const { rows } = await stack.pool.query<{ fsync: string; commit: string }>(
        `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
      );
      say(`Postgres: fsync ${rows[0]?.fsync}, synchronous_commit ${rows[0]?.commit}`);
      const steps: Step[] = [];
      for (let n = 0; n < PORTALS; n += 1) {
        const portalId = await stack.connectPortal();
        steps.push({ portalId, workflowId: 713_617_349, actionId: 1, actionDefinitionId: 33_540_407 });
      }
      const { call, acknowledged } = createCaller(stack, generator);
      const count = quick ? 4000 : 20_000;
      const mountedPort = Number(new URL(stack.apis[0]!.url).port);
      const sides = {
        spread: () => call({ steps, count }),
        express: () => call({ steps, count, port: hello.port }),
        mounted: () => call({ steps, count, port: mountedPort }),
        hot: () => call({ steps: steps.slice(0, 1), count }),
      };

      for (const side of Object.values(sides)) await side(); // warm: compiled code and plans
      const results: Run[] = [];
      for (let n = 0; n < runs; n += 1) {
        const [spread, express, mounted, hot] = [
          await sides.spread(),
          await sides.express(),
          await sides.mounted(),
          await sides.hot(),
        ];
        const offered = await call({
          steps,
          perSecond: OFFERED_PER_SECOND,
          count: OFFERED_PER_SECOND * (quick ? 3 : 10),
        });
        const run = { spread, express, mounted, hot, offered };
        results.push(run);
        say(`${n + 1}. ${describe(run)}`);
      }
      await assertCommitted(stack, acknowledged());
      const ratios = (of: keyof Run, to: keyof Run) =>
        results.map((run) => run[of].perSecond / run[to].perSecond);
      return [
        {
          what: 'durable acks/s on a listener of their own ÷ Express without a database',
          values: ratios('spread', 'express'),
          atLeast: 1,
          unit: '×',
        },
        {
          what: 'durable acks/s mounted in the API ÷ Express without a database',
          values: ratios('mounted', 'express'),
          atLeast: 0.75,
          unit: '×',
        },
        {
          what: `ack p99 at ${OFFERED_PER_SECOND}/s offered`,
          values: results.map(({ offered }) => percentile(offered.latencyMs, 0.99)),
          atMost: 30,
          unit: ' ms',
        },
        {
          what: 'one hot lane ÷ 16 lanes of 16 portals',
          values: ratios('hot', 'spread'),
          atLeast: 0.9,
          unit: '×',
        },
      ];
    } finally {
      clearInterval(claims);
      generator.stop();
      peer.stop();
      await stack.stop();
    }
  },
};

export default intake;

interface Run {
  readonly spread: LoadResult;
  readonly express: LoadResult;
  readonly mounted: LoadResult;
  readonly hot: LoadResult;
  readonly offered: LoadResult;
}

function describe({ spread, express, mounted, hot, offered }: Run): string {
  const rates = { own: spread, mounted, 'one lane': hot, Express: express };
  const told = Object.entries(rates).map(([name, { perSecond }]) => `${name} ${Math.round(perSecond)}/s`);
  const at = (share: number) => figure(percentile(offered.latencyMs, share), ' ms');
  return `${told.join(', ')}; p50 ${at(0.5)}, p99 ${at(0.99)}; the generator took ${figure(spread.cores)} of a core`;
}

async function claimStarted({ pool }: Stack): Promise<void> {
  await pool.query(
    `WITH claimed AS (
       UPDATE packs SET claimed_at = clock_timestamp()
        WHERE id IN (SELECT id FROM packs WHERE claimed_at IS NULL AND started_at IS NOT NULL LIMIT $1) RETURNING id)
     SELECT pg_notify('sluice_claimed', id::text) FROM claimed`,
    [(CLAIMS_PER_SECOND * CLAIM_EVERY_MS) / 1000],
  );
}

async function assertCommitted({ pool }: Stack, acknowledged: number): Promise<void> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM executions');
  if (Number(rows[0]?.count) !== acknowledged) {
    throw new Error(`${acknowledged} calls were acknowledged, ${rows[0]?.count} rows are committed`);
  }
}
