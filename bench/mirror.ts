import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { writePage } from '../src/db/sync/pages.js';
import type { SyncReader } from '../src/db/sync/reader.js';
import type { MirroredRecord } from '../src/domain/crm/mirroredRecord.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBenchDatabase, type BenchDatabase } from './lib/database.js';

const PORTALS = 4;
const PAGE = 100;
const PER_PORTAL = 10_000;
const TENTHS = 10;
const MINUTE_MS = 60_000;

type Kind = 'new' | 'unchanged' | 'changed';

/**
 * Pages of 100 records of 630 bytes, of four portals at once, committed durably (fsync), on tables that were never
 * analysed. Ours: with changes for the feed, counter and cursor, under row-level security. The floor: one INSERT …
 * ON CONFLICT of the same columns for each page into a table of the same form, with nothing else.
 */
const mirror: Benchmark = {
  name: 'mirror',
  title:
    'records written into the mirror with changes, cursor and row-level security, against the barest durable upsert of the same rows',
  runs: 3,

  async run({ runs, quick, say }) {
    const ratios: Record<Kind, number[]> = { new: [], unchanged: [], changed: [] };
    const lastTenths: number[] = [];
    for (let n = 0; n < runs; n += 1) {
      const database = await startBenchDatabase();
      try {
        const count = quick ? 1000 : PER_PORTAL;
        await makeBare(database.admin);
        const sides = {
          ours: await startOurs(database),
          bare: startBare(database),
        };
        const told: string[] = [];
        for (const [kind, salt, minute] of [
          ['new', 'first', 0],
          ['unchanged', 'first', 0],
          ['changed', 'second', 1],
        ] as const) {
          const ms = await writeInTurn(sides, count, salt, minute);
          if (kind === 'new') lastTenths.push(ms.ours[0]! / ms.ours[TENTHS - 1]!);
          const [ours, bare] = [perSecond(count, ms.ours), perSecond(count, ms.bare)];
          ratios[kind].push(ours / bare);
          told.push(`${kind} ${Math.round(ours)}/s, bare ${Math.round(bare)}/s`);
        }
        say(`${n + 1}. ${told.join('; ')}`);
      } finally {
        await database.stop();
      }
    }
    return [
      { what: 'new records ÷ bare upsert', values: ratios.new, atLeast: 0.75, unit: '×' },
      { what: 'unchanged records ÷ bare upsert', values: ratios.unchanged, atLeast: 1, unit: '×' },
      { what: 'changed records ÷ bare upsert', values: ratios.changed, atLeast: 0.5, unit: '×' },
      {
        what: 'last tenth of an empty table that fills ÷ the first',
        values: lastTenths,
        atLeast: 0.8,
        unit: '×',
      },
    ];
  },
};

export default mirror;

/** Writes one page of a portal. */
type Write = (portal: number, page: readonly MirroredRecord[], readAt: Date) => Promise<void>;

/** A tenth of the records by the one, then by the other, so that neither has a quieter machine: ms by tenth. */
async function writeInTurn(
  sides: Readonly<Record<'ours' | 'bare', Write>>,
  count: number,
  salt: string,
  minute: number,
) {
  const all = recordsOf(count, salt, minute);
  const readAt = new Date(Date.UTC(2026, 1, 1) + minute * MINUTE_MS);
  const ms = { ours: [] as number[], bare: [] as number[] };
  for (let tenth = 0; tenth < TENTHS; tenth += 1) {
    const part = all.slice((tenth * count) / TENTHS, ((tenth + 1) * count) / TENTHS);
    const order = tenth % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
    for (const side of order) {
      const began = performance.now();
      await Promise.all(
        Array.from({ length: PORTALS }, async (_, portal) => {
          for (let at = 0; at < part.length; at += PAGE)
            await sides[side](portal, part.slice(at, at + PAGE), readAt);
        }),
      );
      ms[side].push(performance.now() - began);
    }
  }
  return ms;
}

function perSecond(count: number, ms: readonly number[]): number {
  return (PORTALS * count * 1000) / ms.reduce((sum, one) => sum + one, 0);
}

function recordsOf(count: number, salt: string, minute: number): MirroredRecord[] {
  const at = new Date(Date.UTC(2026, 0, 1) + minute * MINUTE_MS).toISOString();
  return Array.from({ length: count }, (_, n) => {
    const properties: Record<string, string> = {
      ...{ email: `person.${n}@example.com`, firstname: 'Some', lastname: `Body ${n}`, jobtitle: salt },
      phone: `+4930${n}`,
    };
    for (let k = 0; k < 16; k += 1) properties[`custom_property_${k}`] = `value ${k} ${n}`;
    const text = JSON.stringify(properties);
    const hash = createHash('sha256').update(text).digest().subarray(0, 16);
    return { id: String(1000 + n), properties: text, hash, createdAt: at, modifiedAt: at, mergedIds: [] };
  });
}

async function startOurs(database: BenchDatabase): Promise<Write> {
  const pool = database.pool(PORTALS);
  const workspaceId = randomUUID();
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, 'bench']);
  const readers: SyncReader[] = [];
  for (let n = 0; n < PORTALS; n += 1) {
    const portalId = 41_000_000 + n;
    readers.push({ workspaceId, portalId, objectType: 'contacts', epoch: 0, fence: 0 });
    await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
      portalId,
      workspaceId,
    ]);
    await database.admin.query(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type) VALUES ($1, $2, 'contacts')`,
      [workspaceId, portalId],
    );
  }
  return async (portal, page, readAt) => {
    const cursor = { version: 2, kind: 'load', after: page.at(-1)?.id } as const;
    const written = await writePage(pool, readers[portal]!, {
      ...{ records: page, readAt, source: 'bench', initial: true, cursor },
    });
    if (!written) throw new Error('A page was not written');
  };
}

async function makeBare(admin: pg.Pool): Promise<void> {
  await admin.query(
    `CREATE TABLE bare_records (
       workspace_id uuid NOT NULL, portal_id bigint NOT NULL, object_type text NOT NULL, id bigint NOT NULL,
       properties jsonb NOT NULL, hash bytea NOT NULL, created_at timestamptz NOT NULL, modified_at timestamptz NOT NULL,
       PRIMARY KEY (portal_id, object_type, id)) WITH (fillfactor = 85);
     GRANT ALL ON bare_records TO PUBLIC`,
  );
}

function startBare(database: BenchDatabase): Write {
  const pool = database.pool(PORTALS);
  const workspaceId = randomUUID();
  return async (portal, page) => {
    await pool.query({
      name: 'bare',
      text: `INSERT INTO bare_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at)
             SELECT $1, $2, 'contacts', u.id, u.properties::jsonb, u.hash, u.created_at, u.modified_at
               FROM unnest($3::bigint[], $4::text[], $5::bytea[], $6::timestamptz[], $7::timestamptz[])
                    AS u (id, properties, hash, created_at, modified_at)
             ON CONFLICT (portal_id, object_type, id) DO UPDATE SET
               properties = excluded.properties, hash = excluded.hash, created_at = excluded.created_at,
               modified_at = excluded.modified_at`,
      values: [
        ...[workspaceId, 41_000_000 + portal],
        page.map(({ id }) => id),
        page.map(({ properties }) => properties),
        page.map(({ hash }) => hash),
        page.map(({ createdAt }) => createdAt),
        page.map(({ modifiedAt }) => modifiedAt),
      ],
    });
  };
}
