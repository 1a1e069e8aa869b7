import pg from 'pg';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { addFlows, connectPortals, passThrough, type Passage } from './lib/enrol.js';
import { installPeers, startPeer, type Peer } from './lib/peers.js';
import { most } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
/** Of all portals together: enough that neither side waits for the other. */
const CONCURRENCY = 320;
const DBOS_CONCURRENCY = 64;
const STEADY_PER_SECOND = 300;
const HOLD_SECONDS = 1;

/**
 * Everything runs on this machine: sandbox (which is the load, too), API, one worker, Postgres (fsync on), Temporal.
 * Between two of our runs DBOS does two-step workflows on the same Postgres.
 */
const release: Benchmark = {
  name: 'release',
  title:
    'executions/s from the first ack to the last completion at the sandbox, against DBOS two-step workflows',
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const stack = await startBuiltStack({ workers: 1 });
    const each = quick ? 400 : 2000;
    const workflows = quick ? 500 : 3000;
    let dbos: Peer | undefined;
    try {
      dbos = await startDbos(stack);
      const portals = await connectPortals(stack, PORTALS);
      const flood = async (count: number) =>
        passThrough(
          stack,
          await addFlows(stack, portals),
          { count, ratePerSecond: 0, concurrency: CONCURRENCY / PORTALS },
          120_000,
        );

      await flood(quick ? 100 : 500); // warm: compiled code, as the peer is
      const floods: Flood[] = [];
      for (let n = 0; n < runs; n += 1) {
        const passage = await flood(each);
        const { ms } = await dbos.ask<{ ms: number }>({ workflows, concurrency: DBOS_CONCURRENCY });
        floods.push({ passage, perSecond: perSecond(passage), dbosPerSecond: workflows / (ms / 1000) });
      }
      dbos.stop();
      say(describeFloods(floods));

      const steady: Steady[] = [];
      for (let n = 0; n < runs; n += 1) steady.push(await flow(stack, quick ? 5 : 25));
      say(`\n${describeSteady(steady)}`);
      return [
        {
          what: 'executions/s ÷ DBOS two-step workflows/s',
          values: floods.map((one) => one.perSecond / one.dbosPerSecond),
          atLeast: 5,
          unit: '×',
        },
        {
          what: `last ack to last completion at ${STEADY_PER_SECOND}/s, hold ${HOLD_SECONDS} s`,
          values: steady.map((one) => one.tailSeconds),
          atMost: HOLD_SECONDS + 1,
          unit: ' s',
        },
        {
          what: 'completion calls per portal in any 10 s',
          values: steady.map((one) => one.mostCallsIn10s),
          atMost: 80,
          by: 'worst',
        },
      ];
    } finally {
      dbos?.stop();
      await stack.stop();
    }
  },
};

export default release;

interface Flood {
  readonly passage: Passage;
  readonly perSecond: number;
  readonly dbosPerSecond: number;
}

interface Steady {
  readonly tailSeconds: number;
  readonly mostCallsIn10s: number;
  readonly workflowsPerExecution: number;
}

function perSecond({ count, firstAckMs, lastCompletionMs }: Passage): number {
  return count / ((lastCompletionMs - firstAckMs) / 1000);
}

/** 300 calls a second in all, as HubSpot may make them, on portals that have done nothing before. */
async function flow(stack: Stack, seconds: number): Promise<Steady> {
  const portals = await connectPortals(stack, PORTALS);
  const flows = await addFlows(stack, portals);
  const ratePerSecond = STEADY_PER_SECOND / PORTALS;
  const { count, lastAckMs, lastCompletionMs } = await passThrough(
    stack,
    flows,
    { count: ratePerSecond * seconds, ratePerSecond, concurrency: 32 },
    (seconds + 60) * 1000,
  );
  const report = await stack.sandbox.report();
  const { rows } = await stack.pool.query<{ packs: string }>(
    'SELECT count(*) AS packs FROM packs WHERE portal_id = ANY ($1::bigint[])',
    [portals],
  );
  return {
    tailSeconds: (lastCompletionMs - lastAckMs) / 1000,
    mostCallsIn10s: most(
      report.portals.filter((one) => portals.includes(one.portalId)).map((one) => one.maxCallbackCallsIn10s),
    ),
    workflowsPerExecution: Number(rows[0]?.packs) / count,
  };
}

async function startDbos(stack: Stack): Promise<Peer> {
  const url = new URL(stack.services!.env.DATABASE_ADMIN_URL!);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('CREATE DATABASE dbos_bench');
  await client.end();
  url.pathname = '/dbos_bench';
  return (await startPeer('dbos', { DBOS_DATABASE_URL: url.href })).peer;
}

function describeFloods(floods: readonly Flood[]): string {
  return table(
    ['run', 'executions/s', 'acks/s', 'DBOS workflows/s', 'ratio'],
    floods.map(({ passage, perSecond: ours, dbosPerSecond }, n) => [
      String(n + 1),
      figure(Math.round(ours)),
      figure(Math.round((passage.count * 1000) / (passage.lastAckMs - passage.firstAckMs))),
      figure(Math.round(dbosPerSecond)),
      figure(ours / dbosPerSecond, '×'),
    ]),
  );
}

function describeSteady(runs: readonly Steady[]): string {
  return table(
    [
      'run',
      `tail at ${STEADY_PER_SECOND}/s`,
      'most completion calls per portal in 10 s',
      'workflows per execution',
    ],
    runs.map((one, n) => [
      String(n + 1),
      figure(one.tailSeconds, ' s'),
      figure(one.mostCallsIn10s),
      figure(one.workflowsPerExecution),
    ]),
  );
}
