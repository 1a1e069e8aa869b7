import pg from 'pg';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { addFlows, connectPortals, passThrough, perSecond, type Passage } from './lib/enrol.js';
import { installPeers, startPeer, type Peer } from './lib/peers.js';
import { most } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
/** Callers of each side, of all portals together: enough that nobody waits for the load. */
const CONCURRENCY = 320;
/** Executions with a workflow each are some dozens a second: fewer of them than of those that share one. */
const ALONE_EACH = 50;
const STEADY_PER_SECOND = 300;
const STEADY_SECONDS = 15;
const HOLD_SECONDS = 1;

/**
 * Everything runs on this machine: sandbox (which is the load, too), API, one worker, Postgres (fsync on), Temporal.
 * Executions that are due at once share a workflow, up to a hundred of them (a pack): that is what the first figure
 * measures, beside DBOS with a workflow for each on the same Postgres. A second service on the same servers gives each
 * execution a workflow of its own (`THROTTLE_MAX_PER_WORKFLOW=1`), beside raw Temporal workflows of two activities.
 */
const release: Benchmark = {
  name: 'release',
  title:
    'executions/s in packs of up to 100 a workflow, first ack to last completion, against DBOS two-step workflows; and with a workflow each, against raw Temporal workflows',
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const stack = await startBuiltStack({ workers: 1 });
    const each = quick ? 400 : 2000;
    const workflows = quick ? 500 : 3000;
    const undo: (() => unknown)[] = [() => stack.stop()];
    try {
      const dbos = await startDbos(stack);
      undo.push(() => dbos.stop());
      const portals = await connectPortals(stack, PORTALS);
      const flood = (count: number) => floodOf(stack, portals, count);

      await flood(quick ? 100 : 500); // warm: compiled code, as the peer is
      const floods: Flood[] = [];
      for (let n = 0; n < runs; n += 1) {
        const passage = await flood(each);
        const { ms } = await dbos.ask<{ ms: number }>({ workflows, concurrency: CONCURRENCY });
        floods.push({ passage, perSecond: perSecond(passage), dbosPerSecond: workflows / (ms / 1000) });
      }
      dbos.stop();
      say(describeFloods(floods));

      const steady: Steady[] = [];
      for (let n = 0; n < runs; n += 1) steady.push(await flow(stack, quick ? 5 : STEADY_SECONDS));
      say(`\n${describeSteady(steady)}`);

      const single = await startBuiltStack({
        databaseAdminUrl: stack.services!.env.DATABASE_ADMIN_URL!,
        temporalAddress: stack.services!.env.TEMPORAL_ADDRESS!,
        env: { THROTTLE_MAX_PER_WORKFLOW: '1' },
      });
      undo.push(() => single.stop());
      const raw = (await startPeer('temporal', temporalOf(single))).peer;
      undo.push(() => raw.stop());
      const alone = await floodAlone(single, raw, { runs, each: quick ? 10 : ALONE_EACH });
      say(`\n${describeAlone(alone)}`);
      return [
        {
          what: 'executions/s in packs ÷ DBOS two-step workflows/s',
          values: floods.map((one) => one.perSecond / one.dbosPerSecond),
          atLeast: 5,
          unit: '×',
        },
        {
          what: 'executions/s with a workflow each ÷ raw Temporal workflows/s',
          values: alone.map((one) => one.perSecond / one.rawPerSecond),
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
      for (const stop of undo.reverse()) await stop();
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

interface Alone {
  readonly perSecond: number;
  readonly rawPerSecond: number;
}

/** All at once, from so many callers, to a new workflow of each portal. */
async function floodOf(stack: Stack, portals: readonly number[], count: number): Promise<Passage> {
  const flows = await addFlows(stack, portals);
  return passThrough(stack, flows, { count, ratePerSecond: 0, concurrency: CONCURRENCY / PORTALS }, 120_000);
}

/** Executions with a workflow each, and as many raw Temporal workflows from as many callers, in turn. */
async function floodAlone(stack: Stack, raw: Peer, plan: { runs: number; each: number }): Promise<Alone[]> {
  const { runs, each } = plan;
  const portals = await connectPortals(stack, PORTALS);
  await floodOf(stack, portals, 5); // warm
  const found: Alone[] = [];
  for (let n = 0; n < runs; n += 1) {
    const passage = await floodOf(stack, portals, each);
    const { ms } = await raw.ask<{ ms: number }>({ workflows: passage.count, concurrency: CONCURRENCY });
    found.push({ perSecond: perSecond(passage), rawPerSecond: passage.count / (ms / 1000) });
  }
  const { rows } = await stack.pool.query<{ most: number }>('SELECT max(size)::int AS most FROM packs');
  if (rows[0]?.most !== 1) throw new Error(`A workflow was shared by ${rows[0]?.most} executions`);
  return found;
}

function temporalOf({ env }: Stack): Record<string, string> {
  return { TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS!, TEMPORAL_NAMESPACE: env.TEMPORAL_NAMESPACE! };
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

function describeAlone(runs: readonly Alone[]): string {
  return table(
    ['run', 'executions/s with a workflow each', 'raw Temporal workflows/s', 'ratio'],
    runs.map(({ perSecond: ours, rawPerSecond }, n) => [
      String(n + 1),
      figure(ours),
      figure(rawPerSecond),
      figure(ours / rawPerSecond, '×'),
    ]),
  );
}
