import type { Benchmark } from './lib/benchmark.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type LoadResult, type Step } from './lib/load.js';
import { installPeers, startPeer } from './lib/peers.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';
import { startStack, type Stack } from '../test/support/stack.js';

const PORTALS = 16;
const OFFERED_PER_SECOND = 300;
/** What one worker on two cores claims, as measured; no worker runs here. */
const CLAIMS_PER_SECOND = 50;
const CLAIM_EVERY_MS = 160;

/**
 * API, Postgres (fsync on) and Temporal run; workers do not, as if they were on machines of their own. A stand-in
 * claims the workflows that the starter starts, as fast as a worker would, so that the starter has all its work to
 * do.
 */
const intake: Benchmark = {
  name: 'intake',
  title: 'durable signed acks over HTTP, against Express 5 with a JSON body and no database',
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const stack = await startStack({ own: true, workers: 0 });
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

      await call({ steps, count });
      await call({ steps, count, port: hello.port });
      const results: Run[] = [];
      for (let n = 0; n < runs; n += 1) {
        const spread = await call({ steps, count });
        const express = await call({ steps, count, port: hello.port });
        const hot = await call({ steps: steps.slice(0, 1), count });
        const offered = await call({
          steps,
          perSecond: OFFERED_PER_SECOND,
          count: OFFERED_PER_SECOND * (quick ? 3 : 10),
        });
        results.push({ spread, express, hot, offered });
      }
      await assertCommitted(stack, acknowledged());
      say(describe(results));
      return [
        {
          what: 'durable acks/s ÷ Express without a database',
          values: results.map(({ spread, express }) => spread.perSecond / express.perSecond),
          atLeast: 0.6,
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
          values: results.map(({ hot, spread }) => hot.perSecond / spread.perSecond),
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
  readonly hot: LoadResult;
  readonly offered: LoadResult;
}

function describe(runs: readonly Run[]): string {
  const p = (result: LoadResult, share: number) => figure(percentile(result.latencyMs, share));
  return table(
    [
      'run',
      'acks/s',
      'express/s',
      'one lane/s',
      'generator cores',
      `p50 ms at ${OFFERED_PER_SECOND}/s`,
      'p99 ms',
    ],
    runs.map(({ spread, express, hot, offered }, n) => [
      String(n + 1),
      ...[spread.perSecond, express.perSecond, hot.perSecond].map((value) => figure(Math.round(value))),
      figure(spread.cores),
      p(offered, 0.5),
      p(offered, 0.99),
    ]),
  );
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
