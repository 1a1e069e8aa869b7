import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { listRecords } from '../src/db/crm/records.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBenchDatabase } from './lib/database.js';
import { median } from './lib/statistics.js';

const RECORDS = 1_000_000;
const PAGE = 100;
const FIRST_ID = 50_000_000_000;
/** HubSpot's ids are not one after the other. */
const STEP = 37;
/** Of each place, in turn, so that neither has a quieter machine. */
const READS = 300;
const PORTAL = 41_000_000;

/**
 * The page of 100 at the end of a million records against the first one, both as the API reads them: by the id of the
 * record before, under row-level security, on a table that was never analysed.
 */
const keyset: Benchmark = {
  name: 'keyset',
  title: 'a page of the mirror at the end of 1,000,000 records, against the first page',
  runs: 5,

  async run({ runs, quick, say }) {
    const count = quick ? 20_000 : RECORDS;
    const database = await startBenchDatabase();
    try {
      const workspaceId = randomUUID();
      const pool = database.pool(1);
      await fill(database.admin, workspaceId, count);
      const of = { workspaceId, portalId: PORTAL, objectType: 'contacts' };
      const last = String(FIRST_ID + (count - PAGE - 1) * STEP);
      const read = async (after: string | undefined) => {
        const from = performance.now();
        const { records } = await listRecords(pool, of, { after, limit: PAGE });
        if (records.length !== PAGE) throw new Error(`A page has ${records.length} records`);
        return performance.now() - from;
      };
      const ratios: number[] = [];
      const firsts: number[] = [];
      for (let n = 0; n < runs; n += 1) {
        const times: { first: number[]; last: number[] } = { first: [], last: [] };
        for (let k = 0; k < READS; k += 1) {
          if (k % 2 === 0) times.first.push(await read(undefined));
          times.last.push(await read(last));
          if (k % 2 === 1) times.first.push(await read(undefined));
        }
        const [first, end] = [median(times.first), median(times.last)];
        say(`${n + 1}. first page ${first.toFixed(2)} ms, page at ${count} ${end.toFixed(2)} ms`);
        ratios.push(end / first);
        firsts.push(first);
      }
      return [
        { what: `page at ${count} records ÷ first page`, values: ratios, atMost: 1.2, unit: '×' },
        { what: 'first page of 100', values: firsts, unit: ' ms' },
      ];
    } finally {
      await database.stop();
    }
  },
};

export default keyset;

async function fill(admin: pg.Pool, workspaceId: string, count: number): Promise<void> {
  await admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, 'bench']);
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     SELECT $1, $2, 'contacts', $3::bigint + (n - 1) * $4::bigint,
            jsonb_build_object('email', 'person.' || n || '@example.com', 'firstname', 'Some', 'lastname', 'Body ' || n,
                               'jobtitle', 'Engineer', 'phone', '+4930' || n, 'city', 'Berlin', 'notes', repeat('x', 300)),
            decode(md5(n::text), 'hex'), now(), now(), now(), 'bench'
       FROM generate_series(1, $5::int) n`,
    [workspaceId, PORTAL, FIRST_ID, STEP, count],
  );
}
