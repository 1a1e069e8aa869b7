import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { measureDays, type DayWindow, type StatementsMs } from './lib/dayWindow.js';
import { arrivalsOf, lateness, useOfLaw, useOfWindows, type Rate } from './lib/law.js';
import { least, median, percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const LONG: Rate = { limit: 100, intervalMs: 10_000 };
const SHORT: Rate = { limit: 50, intervalMs: 1000 };
/** The short one takes half a minute, so it is repeated within each run. */
const SHORT_TIMES = 3;
/** What a call costs is measured so often within each run, with so many calls in each lane. */
const DAYS = 5;
const CALLS_OF_A_DAY = 300;

/**
 * The law is the floor: as long as work waits, N go per interval and not one more. Two workers; one is killed at a
 * random moment of the middle third of the long run, and is away until it is over.
 */
const window: Benchmark = {
  name: 'window',
  title:
    'how much of a rate is used, 100 per 10 s with a worker killed and 50 per 1 s, against the window law; what a call costs at the end of a day of 100,000, against its first hour',
  runs: 1,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({ workers: 2 });
    const long: Measured[] = [];
    const short: Measured[] = [];
    try {
      const portalId = await stack.connectPortal();
      for (let n = 0; n < runs; n += 1) {
        long.push(await drain(stack, portalId, quick ? 400 : 2000, LONG, { kill: true }));
        for (const worker of stack.workers) if (!worker.alive) await worker.restart();
        for (let m = 0; m < SHORT_TIMES; m += 1) {
          short.push(await drain(stack, portalId, quick ? 300 : 1500, SHORT));
        }
      }
    } finally {
      await stack.stop();
    }
    say(describe([...long, ...short]));
    for (const { windows } of long) {
      say(`\n  use of each 10 s: ${windows.map((use) => figure(100 * use)).join(' ')}`);
    }
    const days = await measureDays({ runs: DAYS * runs, calls: quick ? 50 : CALLS_OF_A_DAY });
    say(`\n${describeDays(days)}`);
    const dearer = (of: keyof StatementsMs) =>
      days.map(({ firstHour, endOfDay }) => endOfDay[of] / firstHour[of]);
    const percent = (runsOf: readonly Measured[]) => runsOf.map(({ use }) => 100 * use);
    return [
      {
        what: '100 per 10 s, one of two workers killed: used',
        values: percent(long),
        atLeast: 98,
        unit: ' %',
      },
      {
        what: '50 per 1 s: used of 50 per (1 s + round trip)',
        values: percent(short),
        atLeast: 95,
        unit: ' %',
      },
      {
        what: 'most releases above N in any window',
        values: [...long, ...short].map(({ above }) => above),
        atMost: 0,
        by: 'worst',
      },
      {
        what: 'lateness p99 at 100 per 10 s, before the kill',
        values: long.map(({ late }) => percentile(late, 0.99)),
        atMost: 500,
        unit: ' ms',
      },
      {
        what: 'lateness p99 at 50 per 1 s',
        values: short.map(({ late }) => percentile(late, 0.99)),
        atMost: 500,
        unit: ' ms',
      },
      ...(['grant', 'intake', 'look'] as const).map((of) => ({
        what: `${of} at the end of a day of 100,000 ÷ in its first hour`,
        values: dearer(of),
        atMost: 1.2,
        unit: '×',
      })),
    ];
  },
};

export default window;

interface Measured {
  readonly rate: Rate;
  readonly use: number;
  readonly windows: readonly number[];
  readonly above: number;
  readonly late: readonly number[];
  readonly roundTripMs: number;
  readonly killedAfterMs: number | undefined;
}

/** Lets `count` executions wait at this rate, until the last is released. */
async function drain(
  stack: Stack,
  portalId: number,
  count: number,
  rate: Rate,
  { kill = false }: { kill?: boolean } = {},
): Promise<Measured> {
  const { workflowId } = await stack.addFlow(portalId, { steps: [{ rate }] });
  await stack.sandbox.enrol(portalId, workflowId, { count, ratePerSecond: 0, concurrency: 32 });
  const floorMs = (count / rate.limit) * rate.intervalMs;
  const killing = kill ? killOne(stack, (floorMs * (1 + Math.random())) / 3) : undefined;
  const roundTrips: number[] = [];
  const lane = await until(
    `${count} executions are released at ${rate.limit} per ${rate.intervalMs} ms`,
    async () => {
      roundTrips.push(await roundTrip(stack));
      const { lanes } = await stack.sandbox.report({ windowMs: rate.intervalMs, workflowId });
      return lanes[0] && lanes[0].completed >= count && lanes[0];
    },
    floorMs + 60_000,
    500,
  );
  const killed = await killing;
  const arrivals = await arrivalsOf(stack, workflowId);
  // In the long run the round trip is part of what is not used; in the short one it would hide what we lose ourselves.
  const roundTripMs = rate === SHORT ? median(roundTrips) : 0;
  return {
    rate,
    use: useOfLaw(arrivals, rate, roundTripMs),
    windows: useOfWindows(arrivals, rate, roundTripMs),
    above: Math.max(0, lane.maxInWindow - rate.limit),
    late: lateness(arrivals, rate, killed?.atMs),
    roundTripMs: median(roundTrips),
    killedAfterMs: killed && killed.atMs - arrivals[0]!,
  };
}

/** Kills one of the workers in `inMs`. Says when, by the sandbox's clock. */
async function killOne(stack: Stack, inMs: number): Promise<{ atMs: number }> {
  await delay(inMs);
  const victim = stack.workers[Math.random() < 0.5 ? 0 : 1]!;
  await victim.kill();
  return { atMs: (await stack.sandbox.health()).nowMs };
}

/** From here to the sandbox and back, by a request that the product has no part in. */
async function roundTrip(stack: Stack): Promise<number> {
  const from = performance.now();
  await stack.sandbox.health();
  return performance.now() - from;
}

function describe(runs: readonly Measured[]): string {
  return table(
    ['rate', 'used', 'worst window', 'above N', 'late p50', 'late p99', 'round trip', 'killed after'],
    runs.map(({ rate, use, windows, above, late, roundTripMs, killedAfterMs }) => [
      `${rate.limit} per ${rate.intervalMs / 1000} s`,
      figure(100 * use, ' %'),
      figure(100 * least(windows), ' %'),
      figure(above),
      figure(percentile(late, 0.5), ' ms'),
      figure(percentile(late, 0.99), ' ms'),
      figure(roundTripMs, ' ms'),
      killedAfterMs === undefined ? '' : figure(killedAfterMs / 1000, ' s'),
    ]),
  );
}

function describeDays(days: readonly DayWindow[]): string {
  const times = ({ intake, grant, look }: StatementsMs) =>
    [intake, grant, look].map((ms) => figure(ms, ' ms'));
  return table(
    ['100,000 per day', 'intake, 1st hour', 'grant', 'look', 'intake, end of day', 'grant', 'look'],
    days.map(({ firstHour, endOfDay }, n) => [String(n + 1), ...times(firstHour), ...times(endOfDay)]),
  );
}
