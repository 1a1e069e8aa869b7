import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openMirroredPortal, watchMemory } from './lib/mirroredPortal.js';
import { most } from './lib/statistics.js';

/** HubSpot's limit of 110 calls per 10 s, with 100 records a call. */
const CEILING_PER_SECOND = 1100;
const ANSWER_MS = 250;
const TIMES = 20;

/**
 * The first load of one portal, everything on this machine: the sandbox with HubSpot's limit, which answers after 250
 * ms, one worker, Postgres (fsync on), Temporal. Then a million contacts with limits twenty times as wide, of which the
 * worker's memory alone is judged.
 */
const backfill: Benchmark = {
  name: 'backfill',
  title: "records/s of a first load, from its first page to its last, against HubSpot's ceiling",
  runs: 1,

  async run({ runs, quick, say }) {
    const speeds: number[] = [];
    const refused: number[] = [];
    for (let n = 0; n < runs; n += 1) {
      const { perSecond, rejected429, calls } = await load(quick ? 20_000 : 100_000, {});
      say(`${n + 1}. ${Math.round(perSecond)} records/s, ${calls} calls, ${rejected429} times 429`);
      speeds.push(perSecond / CEILING_PER_SECOND);
      refused.push(rejected429);
    }
    const million = await load(quick ? 50_000 : 1_000_000, { isWide: true });
    const tenth = Math.max(1, Math.floor(million.memory.length / 10));
    const growth = most(million.memory.slice(-tenth)) / most(million.memory.slice(tenth, 2 * tenth));
    say(
      `a million: ${Math.round(million.perSecond)} records/s, the worker at most ${Math.round(most(million.memory))} MiB`,
    );
    return [
      {
        what: `records/s ÷ HubSpot's ceiling of ${CEILING_PER_SECOND}/s`,
        values: speeds,
        atLeast: 0.95,
        unit: '×',
      },
      { what: '429s', values: refused, atMost: 0, by: 'worst' },
      {
        what: "the worker's memory in the last tenth of a million ÷ in the second",
        values: [growth],
        atMost: 1.2,
        unit: '×',
      },
    ];
  },
};

export default backfill;

async function load(contacts: number, { isWide = false }) {
  const stack = await startBuiltStack({
    workers: 1,
    env: isWide ? { BUDGET_SLOTS: String(11 * TIMES), BUDGET_INTERVAL_MS: '1000' } : {},
  });
  try {
    const portal = await openMirroredPortal(stack, contacts);
    if (isWide) await stack.sandbox.settings({ tenSecondlyLimit: 110 * TIMES });
    else await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
    const memory = watchMemory(stack);
    await portal.start();
    await portal.loaded(isWide ? 900_000 : 300_000);
    const { rows } = await stack.pool.query<{ seconds: number; records: string }>(
      `SELECT extract(epoch FROM s.loaded_at - (SELECT min(read_at) FROM crm_records r WHERE r.portal_id = s.portal_id))::float8
                AS seconds, s.live::text AS records
         FROM sync_states s WHERE s.portal_id = $1`,
      [portal.portalId],
    );
    const { seconds, records } = rows[0]!;
    if (Number(records) !== contacts) throw new Error(`${records} of ${contacts} records are there`);
    const { rejected429, calls } = await portal.usage();
    return { perSecond: contacts / seconds, rejected429, calls, memory: await memory() };
  } finally {
    await stack.stop();
  }
}
