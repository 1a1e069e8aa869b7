import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { addFlows, connectPortals, passThrough, type Passage } from './lib/enrol.js';
import { figure, table } from './lib/table.js';

const PORTALS = 10;
const CONCURRENCY = 320;

/**
 * Two services of the same make on one Postgres and one Temporal. From the database of the second, row-level security
 * is taken away, its tokens are kept as they are, and nothing of it is audited; they take the same load in turn.
 */
const tax: Benchmark = {
  name: 'tax',
  title: 'intake and release with row-level security, sealing and audit, against a service without them',
  runs: 5,

  async run({ runs, quick, say }) {
    const full = await startBuiltStack();
    const bare = await startBuiltStack({
      databaseAdminUrl: full.services!.env.DATABASE_ADMIN_URL!,
      temporalAddress: full.services!.env.TEMPORAL_ADDRESS!,
    });
    const each = quick ? 200 : 2000;
    const rows: { full: Passage; bare: Passage }[] = [];
    try {
      await withoutSecurity(bare);
      const portals = {
        full: await connectPortals(full, PORTALS),
        bare: await connectPortals(bare, PORTALS),
      };
      const flood = async (stack: Stack, ids: readonly number[], count: number) =>
        passThrough(
          stack,
          await addFlows(stack, ids),
          { count, ratePerSecond: 0, concurrency: CONCURRENCY / PORTALS },
          120_000,
        );
      await flood(full, portals.full, 100);
      await flood(bare, portals.bare, 100);
      for (let n = 0; n < runs; n += 1) {
        // The second of two has the warmer machine and the larger tables: in turn, so that both have it.
        const first = n % 2 === 0 ? 'full' : 'bare';
        const passages: Partial<Record<'full' | 'bare', Passage>> = {};
        for (const name of [first, first === 'full' ? 'bare' : 'full'] as const)
          passages[name] = await flood(name === 'full' ? full : bare, portals[name], each);
        rows.push({ full: passages.full!, bare: passages.bare! });
      }
    } finally {
      await bare.stop();
      await full.stop();
    }
    say(
      table(
        ['run', 'acks/s', 'without', 'executions/s', 'without'],
        rows.map(({ full: a, bare: b }, n) => [
          String(n + 1),
          ...[acks(a), acks(b), executions(a), executions(b)].map((value) => figure(Math.round(value))),
        ]),
      ),
    );
    return [
      {
        what: 'acks/s ÷ without',
        unit: '×',
        values: rows.map((row) => acks(row.full) / acks(row.bare)),
        atLeast: 0.9,
      },
      {
        what: 'executions/s ÷ without',
        unit: '×',
        values: rows.map((row) => executions(row.full) / executions(row.bare)),
        atLeast: 0.9,
      },
    ];
  },
};

const acks = ({ count, firstAckMs, lastAckMs }: Passage) => (count * 1000) / (lastAckMs - firstAckMs);
const executions = ({ count, firstAckMs, lastCompletionMs }: Passage) =>
  (count * 1000) / (lastCompletionMs - firstAckMs);

async function withoutSecurity(stack: Stack): Promise<void> {
  await stack.pool.query(`
    DO $$ DECLARE t record; BEGIN
      FOR t IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', t.name);
      END LOOP;
    END $$`);
}

export default tax;
