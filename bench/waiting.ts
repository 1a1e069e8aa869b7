import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark, Check } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type Generator, type Step } from './lib/load.js';
import { idleCores, memoryOf, settled, type Resources } from './lib/resources.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const FEW = 1000;
const MANY = 100_000;
const OFFERED_PER_SECOND = 300;
/** The first thousand go at once, the rest waits for hours and days, which HubSpot can hold. */
const SLOW = { limit: 1000, intervalMs: 4 * 3_600_000 };
const SLOW_FIELDS = { max_throughput: '1000', time: '4', period: 'hours' };
/** The lanes of the empty system: new ones for each run, in which what comes in has to wait for as long. */
const EMPTY_FIELDS = { max_throughput: '1', time: '12', period: 'minutes' };
const QUICKER = { limit: 200, intervalMs: 1000 };
const IDLE_SECONDS = 30;
/** With a workflow each. Those that are not due soon are started at fifty a second, to leave Temporal to others. */
const ALONE = 20_000;
const ALONE_WITHIN_MS = 900_000;

/**
 * One lane fills up to 100,000 waiting executions, and in a third service 20,000 wait in a workflow each. Beside it,
 * on the same Postgres and Temporal, a second service of the same make is empty: both take calls in turn, so that
 * the machine's mood is the same for both.
 */
const waiting: Benchmark = {
  name: 'waiting',
  title: '100,000 executions waiting in one lane, against an empty system',
  runs: 5,

  async run({ runs, quick, say }) {
    const many = quick ? 10_000 : MANY;
    const full = await startBuiltStack();
    const empty = await startBuiltStack({
      databaseAdminUrl: full.services!.env.DATABASE_ADMIN_URL!,
      temporalAddress: full.services!.env.TEMPORAL_ADDRESS!,
    });
    const generator = startGenerator();
    try {
      const toFull = createCaller(full, generator);
      const toEmpty = createCaller(empty, generator);
      const step = stepOf(await full.connectPortal(), 1);
      const emptyPortal = await empty.connectPortal();

      const fill = async (count: number) => {
        await toFull.call({ steps: [step], count, inputFields: SLOW_FIELDS });
        await settled(full, toFull.acknowledged());
      };
      await fill(SLOW.limit + FEW);
      const atFew = memoryOf(full);
      await fill(many - FEW);
      const afterFlood = memoryOf(full);
      const bytesPerRow = await sizeOfRow(full);
      const idle = await idleCores(full, quick ? 5 : IDLE_SECONDS);
      const atMany = memoryOf(full);
      say(describeResources({ few: FEW, many, atFew, afterFlood, atMany, idle, bytesPerRow }));

      const p99: { full: number; empty: number }[] = [];
      const count = OFFERED_PER_SECOND * (quick ? 3 : 10);
      for (let n = 0; n < runs; n += 1) {
        const perSecond = OFFERED_PER_SECOND;
        const a = await toFull.call({ steps: [step], count, perSecond, inputFields: SLOW_FIELDS });
        await settled(full, toFull.acknowledged());
        const emptyStep = stepOf(emptyPortal, n + 1);
        const b = await toEmpty.call({ steps: [emptyStep], count, perSecond, inputFields: EMPTY_FIELDS });
        await settled(empty, toEmpty.acknowledged());
        p99.push({ full: percentile(a.latencyMs, 0.99), empty: percentile(b.latencyMs, 0.99) });
      }
      const edits: number[] = [];
      for (let n = 0; n < runs; n += 1) edits.push(await editTakesEffect(full, step));
      say(`\n${describeRuns(p99, edits)}`);
      const alone = await aWorkflowEach(full, generator, { many: quick ? 500 : ALONE, quick });
      say(`\n${describeAlone(alone)}`);

      return [
        {
          what: `ack p99 at ${OFFERED_PER_SECOND}/s, ${figure(many)} waiting ÷ empty`,
          values: p99.map((one) => one.full / one.empty),
          atMost: 1.2,
          unit: '×',
        },
        { what: 'bytes per waiting row, indexes and keys', values: [bytesPerRow], atMost: 1024, unit: ' B' },
        ...resourceChecks(atMany, idle),
        ...aloneChecks(alone),
        { what: 'rate edited: until it takes effect', values: edits, atMost: 2, unit: ' s' },
      ];
    } finally {
      generator.stop();
      await empty.stop();
      await full.stop();
    }
  },
};

export default waiting;

interface Alone {
  readonly many: number;
  readonly resident: Resources;
  readonly idle: Resources;
}

/** On the same servers, when nothing else is asked of them: the others' idle work is theirs, too. */
async function aWorkflowEach(
  full: Stack,
  generator: Generator,
  { many, quick }: { many: number; quick: boolean },
): Promise<Alone> {
  const stack = await startBuiltStack({
    databaseAdminUrl: full.services!.env.DATABASE_ADMIN_URL!,
    temporalAddress: full.services!.env.TEMPORAL_ADDRESS!,
    env: { THROTTLE_MAX_PER_WORKFLOW: '1' },
  });
  try {
    const caller = createCaller(stack, generator);
    const step = stepOf(await stack.connectPortal(), 1);
    // The first of them go at once.
    await caller.call({ steps: [step], count: SLOW.limit + many, inputFields: SLOW_FIELDS });
    await settled(stack, caller.acknowledged(), ALONE_WITHIN_MS);
    const whole = { ...stack, services: full.services };
    const idle = await idleCores(whole, quick ? 5 : IDLE_SECONDS);
    return { many, resident: memoryOf(whole), idle };
  } finally {
    await stack.stop();
  }
}

function describeAlone({ many, resident, idle }: Alone): string {
  return table(
    [`${figure(many)} waiting, a workflow each`, 'API', 'worker', 'Temporal', 'Postgres'],
    [
      ['resident', ...PARTS.map((part) => `${resident[part].toFixed(0)} MiB`)],
      ['of a core while nothing is due', ...PARTS.map((part) => `${idle[part].toFixed(2)} %`)],
    ],
  );
}

function aloneChecks({ many, resident, idle }: Alone): Check[] {
  const each = `${figure(many)} with a workflow each`;
  return [
    { what: `resident memory of the API, ${each}`, values: [resident.api], atMost: 250, unit: ' MiB' },
    {
      what: `CPU of Postgres and Temporal while nothing is due, ${each}`,
      values: [idle.postgres + idle.temporal],
      atMost: 10,
      unit: ' %',
    },
  ];
}

const PARTS = ['api', 'worker', 'temporal', 'postgres'] as const;

function stepOf(portalId: number, workflowId: number): Step {
  return { portalId, workflowId, actionId: 1, actionDefinitionId: 33_540_407 };
}

async function sizeOfRow({ pool }: Stack): Promise<number> {
  const { rows } = await pool.query<{ bytes: string; waiting: string }>(
    `SELECT pg_total_relation_size('executions') + pg_total_relation_size('execution_keys') AS bytes,
            (SELECT count(*) FROM executions) AS waiting`,
  );
  return Number(rows[0]?.bytes) / Number(rows[0]?.waiting);
}

/**
 * From the beginning of the request that edits the rate to the arrival of the first release that only the new rate
 * allows.
 */
async function editTakesEffect(stack: Stack, { portalId }: Step): Promise<number> {
  const { api, sandbox } = stack;
  const lane = (await api.lanes(portalId))[0]!;
  const { next: after } = await sandbox.requests({ portalId, limit: 10_000 });
  // The sandbox's clock at a moment of ours, to half a round trip.
  const asked = performance.now();
  const { nowMs } = await sandbox.health();
  const editedAtMs = nowMs + (performance.now() - asked) / 2;
  await api.changeLane(lane.id, { rate: QUICKER });
  const first = await until(
    'the first release under the new rate',
    async () => (await sandbox.requests({ portalId, after, limit: 10 })).items[0],
    30_000,
    20,
  );
  await api.changeLane(lane.id, { rate: SLOW });
  await delay(5000);
  return (first.atMs - editedAtMs) / 1000;
}

function resourceChecks(atMany: Resources, idle: Resources): Check[] {
  return [
    { what: 'resident memory of the API', values: [atMany.api], atMost: 250, unit: ' MiB' },
    { what: 'resident memory of the worker', values: [atMany.worker], atMost: 500, unit: ' MiB' },
    {
      what: 'CPU of API and worker while nothing is due',
      values: [idle.api + idle.worker],
      atMost: 5,
      unit: ' %',
    },
    {
      what: 'CPU of Postgres and Temporal while nothing is due',
      values: [idle.postgres + idle.temporal],
      atMost: 10,
      unit: ' %',
    },
  ];
}

function describeResources(found: {
  few: number;
  many: number;
  atFew: Resources;
  afterFlood: Resources;
  atMany: Resources;
  idle: Resources;
  bytesPerRow: number;
}): string {
  const { few, many, atFew, afterFlood, atMany, idle, bytesPerRow } = found;
  const names = ['api', 'worker', 'temporal', 'postgres'] as const;
  const row = (title: string, of: Resources, unit: string) => [
    title,
    ...names.map((name) => figure(of[name], unit)),
  ];
  const lines = table(
    ['', 'API', 'worker', 'Temporal', 'Postgres'],
    [
      row(`resident, ${figure(few)} waiting`, atFew, ' MiB'),
      row(`resident, right after ${figure(many)} came in`, afterFlood, ' MiB'),
      row(`resident, ${figure(many)} waiting`, atMany, ' MiB'),
      row('of a core while nothing is due', idle, ' %'),
    ],
  );
  return `${lines}\n  ${figure(bytesPerRow)} bytes per row`;
}

function describeRuns(p99: readonly { full: number; empty: number }[], edits: readonly number[]): string {
  return table(
    ['run', 'p99 full', 'p99 empty', 'ratio', 'rate edit'],
    p99.map(({ full, empty }, n) => [
      String(n + 1),
      figure(full, ' ms'),
      figure(empty, ' ms'),
      figure(full / empty, '×'),
      figure(edits[n] ?? NaN, ' s'),
    ]),
  );
}
