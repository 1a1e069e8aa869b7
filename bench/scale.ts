import { setTimeout as delay } from 'node:timers/promises';
import { usageOf } from '../test/support/procfs.js';
import { until, type Flow, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { connectPortals, NO_THROTTLE, passThrough, perSecond } from './lib/enrol.js';
import { settled } from './lib/resources.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
const CONCURRENCY = 320;
/** What waits for so long that nothing of it is due while it is measured. */
const SLOW = { limit: 1, intervalMs: 12 * 60_000 };
const PARTS = ['api', 'worker', 'temporal', 'postgres', 'sandbox'] as const;
type Part = (typeof PARTS)[number];
type Cost = Readonly<Record<Part, number>>;

/**
 * What each unit of work costs each process, in milliseconds of a core, and whether further processes on one Postgres
 * and one Temporal get in each other's way. The machine has the cores that it has: two APIs and three workers cannot
 * be faster on two cores than one of each, but they can be slower.
 */
const scale: Benchmark = {
  name: 'scale',
  title:
    'what a call, an execution, a waiting execution, an idle portal and an event cost; two APIs and three workers on one Postgres and one Temporal, against one of each',
  runs: 3,

  async run({ runs, quick, say }) {
    const size = quick ? SMALL : FULL;
    const one = await startBuiltStack({ env: { HUBSPOT_SEND_LIVE: 'true' } });
    const servers = {
      databaseAdminUrl: one.services!.env.DATABASE_ADMIN_URL!,
      temporalAddress: one.services!.env.TEMPORAL_ADDRESS!,
    };
    const undo: (() => unknown)[] = [() => one.stop()];
    try {
      const ratios: number[] = [];
      const several = await startBuiltStack({ ...servers, apis: 2, workers: 3 });
      undo.push(() => several.stop());
      const [few, many] = [await connectPortals(one, PORTALS), await connectPortals(several, PORTALS)];
      await flood(one, few, size.warm);
      await flood(several, many, size.warm);
      const rows: (readonly string[])[] = [];
      for (let n = 0; n < runs; n += 1) {
        const [a, b] = [await flood(one, few, size.each), await flood(several, many, size.each)];
        ratios.push(b / a);
        rows.push([String(n + 1), figure(Math.round(a)), figure(Math.round(b)), `${(b / a).toFixed(2)}×`]);
      }
      say(table(['run', 'one of each, executions/s', '2 APIs and 3 workers', 'ratio'], rows));
      await several.stop();
      undo.pop();

      say(`\n${describeCosts(await costsOf(one, few, size))}`);
      return [
        {
          what: 'executions/s of two APIs and three workers ÷ one of each',
          // No target: on the cores of one machine further processes only share what there is.
          values: ratios,
          unit: '×',
        },
      ];
    } finally {
      for (const stop of undo.reverse()) await stop();
    }
  },
};

export default scale;

interface Size {
  readonly warm: number;
  readonly each: number;
  readonly waiting: number;
  readonly events: number;
  readonly portals: number;
  readonly idleSeconds: number;
}

const FULL: Size = { warm: 300, each: 1000, waiting: 20_000, events: 5000, portals: 500, idleSeconds: 30 };
const SMALL: Size = { warm: 50, each: 100, waiting: 1000, events: 500, portals: 50, idleSeconds: 10 };

/** As many executions of each portal as fast as they go, half of the portals at each API. Returns executions/s. */
async function flood(stack: Stack, portals: readonly number[], count: number): Promise<number> {
  const flows: Flow[] = [];
  for (const [n, portalId] of portals.entries())
    flows.push(await stack.addFlow(portalId, { steps: [{ rate: NO_THROTTLE }], api: n % stack.apis.length }));
  const plan = { count, ratePerSecond: 0, concurrency: CONCURRENCY / PORTALS };
  return perSecond(await passThrough(stack, flows, plan, 180_000));
}

interface Unit {
  readonly what: string;
  readonly count: number;
  readonly cost: Cost;
  /** How much of it is there all the time: then the cost is one of a second. */
  readonly standing?: true;
}

async function costsOf(stack: Stack, portals: readonly number[], size: Size): Promise<Unit[]> {
  const units: Unit[] = [];
  const idle = await costOf(stack, () => delay(size.idleSeconds * 1000));
  const idlePerSecond = scaled(idle, 1 / size.idleSeconds);

  const flown = size.each * portals.length;
  units.push({
    what: 'execution: taken, released, completed',
    count: flown,
    cost: await costOf(stack, () => flood(stack, portals, size.each)),
  });

  const [portalId] = portals as [number];
  const { rows } = await stack.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM execution_keys');
  const slow = await stack.addFlow(portalId, { steps: [{ rate: SLOW }] });
  const taken = await costOf(stack, async () => {
    await stack.sandbox.enrol(portalId, slow.workflowId, {
      count: size.waiting,
      ratePerSecond: 0,
      concurrency: 64,
    });
    await settled(stack, rows[0]!.n + size.waiting);
  });
  units.push({
    what: 'call whose execution waits: taken, its workflow asleep',
    count: size.waiting,
    cost: taken,
  });
  const waiting = await costOf(stack, () => delay(size.idleSeconds * 1000));
  units.push(
    standing(
      'execution that waits',
      size.waiting,
      minus(scaled(waiting, 1 / size.idleSeconds), idlePerSecond),
    ),
  );

  const captured = await costOf(stack, () => deliver(stack, portalId, size.events));
  units.push({
    what: 'event: captured, delivered (an upsert by e-mail)',
    count: size.events,
    cost: captured,
  });

  const before = await costOf(stack, () => delay(size.idleSeconds * 1000));
  const connected = await costOf(stack, () => connectPortals(stack, size.portals));
  units.push({ what: 'portal: connected', count: size.portals, cost: connected });
  const after = await costOf(stack, () => delay(size.idleSeconds * 1000));
  units.push(
    standing('portal that is idle', size.portals, scaled(minus(after, before), 1 / size.idleSeconds)),
  );
  return units;
}

const standing = (what: string, count: number, cost: Cost): Unit => ({ what, count, cost, standing: true });

async function deliver(stack: Stack, portalId: number, events: number): Promise<void> {
  await stack.pool.query(
    `SELECT sluice_track_event('driver_signed_up', jsonb_build_object('driverId', n::text, 'email', 'd' || n || '@example.com'), NULL, NULL, $1::bigint)
       FROM generate_series(1, $2::int) n`,
    [String(portalId), events],
  );
  await until(
    `${events} events are delivered`,
    async () => {
      const { rows } = await stack.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox_history');
      return rows[0]!.n >= events;
    },
    300_000,
    500,
  );
}

/** Seconds of a core that each process used meanwhile. */
async function costOf(stack: Stack, work: () => Promise<unknown>): Promise<Cost> {
  const before = read(stack);
  await work();
  return minus(read(stack), before);
}

function read({ apis, workers, services, sandboxProcess }: Stack): Cost {
  return {
    api: usageOf(apis[0]!.pid!).cpuSeconds,
    worker: usageOf(workers[0]!.pid!).cpuSeconds,
    temporal: usageOf(services!.temporal!.child.pid!).cpuSeconds,
    postgres: usageOf(services!.postgres!.child.pid!).cpuSeconds,
    sandbox: usageOf(sandboxProcess.pid!).cpuSeconds,
  };
}

const each = (make: (part: Part) => number): Cost =>
  Object.fromEntries(PARTS.map((part) => [part, make(part)])) as Record<Part, number>;
const minus = (a: Cost, b: Cost): Cost => each((part) => a[part] - b[part]);
const scaled = (a: Cost, by: number): Cost => each((part) => a[part] * by);

function describeCosts(units: readonly Unit[]): string {
  return table(
    ['milliseconds of a core for 1,000', 'API', 'worker', 'Temporal', 'Postgres'],
    units.map(({ what, count, cost, standing: isStanding }) => [
      isStanding ? `${what}, a second` : what,
      ...(['api', 'worker', 'temporal', 'postgres'] as const).map((part) =>
        ((Math.max(0, cost[part]) * 1e6) / count).toFixed(isStanding ? 2 : 0),
      ),
    ]),
  );
}
