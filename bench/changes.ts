import { until } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openMirroredPortal } from './lib/mirroredPortal.js';

/** Searches are asked for four times a second, with 200 records each. */
const CEILING_PER_SECOND = 800;
const ANSWER_MS = 100;

/**
 * All contacts of a mirrored portal change at once, and are found by searches: everything on this machine, the sandbox
 * with HubSpot's limits, which answers after 100 ms. The values are read by ids, as many calls as HubSpot's limit has
 * room for beside the searches.
 */
const changes: Benchmark = {
  name: 'changes',
  title:
    'records/s that changed and are found by searches, from the first search to the last record, against 200 × its limit',
  runs: 1,

  async run({ runs, quick, say }) {
    const speeds: number[] = [];
    const refused: number[] = [];
    const count = quick ? 5000 : 50_000;
    for (let n = 0; n < runs; n += 1) {
      const { perSecond, rejected429, calls } = await follow(count);
      say(`${n + 1}. ${Math.round(perSecond)} records/s, ${calls} calls, ${rejected429} times 429`);
      speeds.push(perSecond / CEILING_PER_SECOND);
      refused.push(rejected429);
    }
    return [
      { what: `records/s ÷ ${CEILING_PER_SECOND}/s`, values: speeds, atLeast: 0.95, unit: '×' },
      { what: '429s', values: refused, atMost: 0, by: 'worst' },
    ];
  },
};

export default changes;

async function follow(count: number) {
  const stack = await startBuiltStack({ workers: 1 });
  try {
    const portal = await openMirroredPortal(stack, count);
    await portal.start();
    await portal.loaded(300_000);
    const before = await portal.usage();
    await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
    const { rows: began } = await stack.pool.query<{ at: Date }>('SELECT clock_timestamp() AS at');
    await portal.control('bulk-edit', { count, properties: { city: 'Geneva' } });
    await portal.start();
    const told = async () => {
      const { rows } = await stack.pool.query<{ changed: number; seconds: number }>(
        `SELECT count(*)::int AS changed,
                extract(epoch FROM max(c.recorded_at) - (SELECT min(r.read_at) FROM crm_records r
                                                          WHERE r.portal_id = $1 AND r.source = 'search' AND r.read_at > $2))::float8 AS seconds
           FROM crm_changes c WHERE c.portal_id = $1 AND c.action = 'Updated'`,
        [portal.portalId, began[0]!.at],
      );
      return rows[0]!;
    };
    await until('all changes are told', async () => (await told()).changed >= count, 300_000, 2000);
    const { changed, seconds } = await told();
    if (changed !== count) throw new Error(`${changed} changes were told of ${count}`);
    const after = await portal.usage();
    return {
      perSecond: count / seconds,
      calls: after.calls - before.calls,
      rejected429: after.rejected429 - before.rejected429,
    };
  } finally {
    await stack.stop();
  }
}
