import { claimEvents, settleEvents } from '../src/db/outbox/claims.js';
import type { Benchmark } from './lib/benchmark.js';
import { startOutboxBench, type OutboxBench } from './lib/outbox.js';
import { percentile } from './lib/statistics.js';
import { figure, table } from './lib/table.js';

const BATCH = 100;
const SIZES = { few: 10_000, many: 1_000_000, most: 5_000_000 };
const CLAIMS = 300;
/** Each other portal has this much, and is drained while it is measured. */
const OTHERS = 20;

/**
 * One portal whose deliveries are throttled holds nearly all of what waits; what is measured are the claims of the
 * others.
 */
const backlog: Benchmark = {
  name: 'backlog',
  title: 'claim p99 while 10,000, 1,000,000 and 5,000,000 events wait, one throttled portal holding most',
  runs: 1,

  async run({ runs, quick, say }) {
    const bench = await startOutboxBench();
    const sizes = quick ? { few: 2000, many: 20_000, most: 50_000 } : SIZES;
    const results: Record<keyof typeof SIZES, number[]> = { few: [], many: [], most: [] };
    try {
      const pool = bench.pool(2);
      const rounds = Math.max(5, runs);
      let held = 0;
      // Warm: compiled code, open connections, pages in memory.
      for (let round = 0; round < 2; round += 1) await claims(bench, pool, quick ? 60 : CLAIMS);
      for (const size of ['few', 'many', 'most'] as const) {
        await bench.fill([1], sizes[size] - held);
        held = sizes[size];
        for (let round = 0; round < rounds; round += 1)
          results[size].push(await claims(bench, pool, quick ? 60 : CLAIMS));
      }
    } finally {
      await bench.stop();
    }
    const ms = (values: readonly number[]) => values.map((value) => figure(value, 'ms')).join('  ');
    say(
      table(
        ['waiting', 'claim p99 of each round'],
        Object.entries(results).map(([size, p99s]) => [
          sizes[size as keyof typeof sizes].toLocaleString('en'),
          ms(p99s),
        ]),
      ),
    );
    const base = percentile(results.few, 0.5);
    return (['many', 'most'] as const).map((size) => ({
      what: `claim p99, ${sizes[size].toLocaleString('en')} waiting ÷ ${sizes.few.toLocaleString('en')}`,
      unit: '×',
      values: results[size].map((value) => value / base),
      atMost: 1.2,
    }));
  },
};

async function claims(
  bench: OutboxBench,
  pool: ReturnType<OutboxBench['pool']>,
  count: number,
): Promise<number> {
  const { workspaceId } = bench;
  const portals = Array.from({ length: OTHERS }, (_, n) => 100 + n);
  await bench.fill(portals, Math.ceil((count * BATCH) / OTHERS));
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const from = performance.now();
    const claim = await claimEvents(pool, {
      workspaceId,
      portalId: portals[n % OTHERS]!,
      owner: 'bench',
      max: BATCH,
      leaseMs: 10_000,
    });
    times.push(performance.now() - from);
    if (!claim) throw new Error('The portal has nothing left');
    await settleEvents(pool, {
      workspaceId,
      ...claim,
      mode: 'live',
      done: claim.events.map(({ eventId }) => eventId),
      others: [],
    });
  }
  return percentile(times, 0.99);
}

export default backlog;
