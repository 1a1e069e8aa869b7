import { until } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openMirroredPortal } from './lib/mirroredPortal.js';
import { lastRequest, requestsAfter } from './lib/requests.js';
import { median } from './lib/statistics.js';

const SEARCH_PAGE = 200;
/** Of HubSpot's five a second, so many are used (BUDGET_SEARCH_SLOTS), each again one second after its answer. */
const SEARCH_SLOTS = 4;
const ANSWER_MS = 100;

/**
 * All contacts of a mirrored portal change at once, in one millisecond, and are found by searches: everything on this
 * machine, the sandbox with HubSpot's limits, which answers after 100 ms. The values are read by ids, as many calls as
 * HubSpot's limit has room for beside the searches. The limit of searches is what its slots make possible: 4 in the
 * second and the round trip, which is measured in the same run.
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
      const { perSecond, roundTripMs, rejected429, calls } = await follow(count);
      const ceiling = (SEARCH_PAGE * SEARCH_SLOTS * 1000) / (1000 + roundTripMs);
      say(
        `${n + 1}. ${Math.round(perSecond)} records/s of ${Math.round(ceiling)}, with a round trip of ${Math.round(roundTripMs)} ms, ${calls} calls, ${rejected429} times 429`,
      );
      speeds.push(perSecond / ceiling);
      refused.push(rejected429);
    }
    return [
      {
        what: 'records/s ÷ 200 × 4 searches in (1 s + round trip)',
        values: speeds,
        atLeast: 0.95,
        unit: '×',
      },
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
    const lastBefore = await lastRequest(stack);
    await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
    const { rows: began } = await stack.pool.query<{ at: Date }>('SELECT clock_timestamp() AS at');
    await portal.control('bulk-edit', { count, properties: { city: 'Geneva' } });
    await stack.pool.query('UPDATE sync_states SET due_at = clock_timestamp()');
    const told = async () => {
      const { rows } = await stack.pool.query<{ changed: number; seconds: number }>(
        `SELECT count(*)::int AS changed,
                extract(epoch FROM max(c.recorded_at)
                                   - (SELECT min(r.read_at) FROM crm_records r
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
    const searches = (await requestsAfter(stack, lastBefore)).filter(({ path }) => path.endsWith('/search'));
    return {
      perSecond: count / seconds,
      roundTripMs: median(searches.map(({ ms }) => ms ?? NaN)),
      calls: after.calls - before.calls,
      rejected429: after.rejected429 - before.rejected429,
    };
  } finally {
    await stack.stop();
  }
}
