import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { findRecords } from '../src/db/crm/foundRecords.js';
import { listRecords } from '../src/db/crm/records.js';
import type { RecordPlace } from '../src/domain/crm/recordQuery.js';
import type { Benchmark, Check } from './lib/benchmark.js';
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
 * record before, and sorted by a declared property, under row-level security, on tables that were never analysed.
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
      const sort = { property: 'email', kind: 'text', isDescending: false } as const;
      const lastSorted = await placeBeforeLast(database.admin, workspaceId);
      const byId = async (after: string | undefined) =>
        (await listRecords(pool, of, { after, limit: PAGE })).records;
      const sorted = async (after: RecordPlace | undefined) =>
        (await findRecords(pool, of, { conditions: [], sort, isArchived: false, after, limit: PAGE }))
          .records;
      const ways: Record<string, readonly [first: Read, last: Read]> = {
        'by id': [() => byId(undefined), () => byId(last)],
        'sorted by a property': [() => sorted(undefined), () => sorted(lastSorted)],
      };
      const checks: Check[] = [];
      for (const [way, [readFirst, readLast]] of Object.entries(ways)) {
        const ratios: number[] = [];
        const firsts: number[] = [];
        for (let n = 0; n < runs; n += 1) {
          const times: { first: number[]; last: number[] } = { first: [], last: [] };
          for (let k = 0; k < READS; k += 1) {
            if (k % 2 === 0) times.first.push(await timed(readFirst));
            times.last.push(await timed(readLast));
            if (k % 2 === 1) times.first.push(await timed(readFirst));
          }
          const [first, end] = [median(times.first), median(times.last)];
          say(`${way} ${n + 1}. first page ${first.toFixed(2)} ms, page at ${count} ${end.toFixed(2)} ms`);
          ratios.push(end / first);
          firsts.push(first);
        }
        checks.push(
          { what: `${way}: page at ${count} records ÷ first page`, values: ratios, atMost: 1.2, unit: '×' },
          { what: `${way}: first page of ${PAGE}`, values: firsts, unit: ' ms' },
        );
      }
      return checks;
    } finally {
      await database.stop();
    }
  },
};

export default keyset;

type Read = () => Promise<readonly unknown[]>;

async function timed(read: Read): Promise<number> {
  const from = performance.now();
  const records = await read();
  const ms = performance.now() - from;
  if (records.length !== PAGE) throw new Error(`A page has ${records.length} records`);
  return ms;
}

/** Behind it stands one page of those that are sorted by e-mail. */
async function placeBeforeLast(admin: pg.Pool, workspaceId: string): Promise<RecordPlace> {
  const { rows } = await admin.query<RecordPlace>(
    `SELECT value AS key, record_id::text AS id FROM crm_values
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = 'contacts' AND property = 'email'
      ORDER BY value DESC, record_id DESC OFFSET $3 LIMIT 1`,
    [workspaceId, PORTAL, PAGE],
  );
  if (!rows[0]) throw new Error('There are no values');
  return rows[0];
}

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
  await admin.query(
    `INSERT INTO crm_declared_properties (workspace_id, portal_id, object_type, property, kind, filled_at, due_at)
     VALUES ($1, $2, 'contacts', 'email', 'text', now(), NULL)`,
    [workspaceId, PORTAL],
  );
  await admin.query(
    `INSERT INTO crm_values (workspace_id, portal_id, object_type, property, record_id, value, is_number)
     SELECT workspace_id, portal_id, object_type, 'email', id, properties ->> 'email', false FROM crm_records`,
  );
}
