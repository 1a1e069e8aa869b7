import type { PersonalRows } from '../personalData.js';
import type { Queryable } from '../pool.js';
import type { OneRecord } from './erasures.js';

/*
 * The statements by which a place where a person's data may stand is walked (src/db/personalData.ts): one page each.
 */

const ROWS_OF_A_PAGE = 500;

export interface PersonalPage {
  /** Rows that were erased. */
  readonly erased: number;
  /** The key after which the next page begins; null: this was the last. */
  readonly after: readonly string[] | null;
}

/** Plans that are right in a database without statistics, too: rows are found by their keys. Of the transaction. */
export async function walkByKeys(db: Queryable): Promise<void> {
  await db.query(
    'SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off',
  );
}

/** Erases what names the record, of one page. */
export async function erasePage(
  db: Queryable,
  table: string,
  rows: PersonalRows,
  record: OneRecord,
  at: { readonly after: readonly string[] | null; readonly unsealed: readonly string[] },
): Promise<PersonalPage> {
  const limit = rows.page ?? ROWS_OF_A_PAGE;
  const { rows: answer } = await db.query<{ looked: number; erased: number; last: string[] | null }>(
    `WITH ${page(table, rows, limit)}, hit AS MATERIALIZED (SELECT * FROM page WHERE named), ${rows.erase}
     SELECT (SELECT count(*)::int FROM page) AS looked, (SELECT count(*)::int FROM erased) AS erased,
            (SELECT ARRAY[${texts(rows)}] FROM page p ORDER BY ${keys(rows, 'p', 'DESC')} LIMIT 1) AS last`,
    valuesOf(record, at),
  );
  const { looked, erased, last } = answer[0] ?? { looked: 0, erased: 0, last: null };
  return { erased, after: looked < limit ? null : last };
}

/** Shows what names the record, of one page. */
export async function showPage(
  db: Queryable,
  table: string,
  rows: PersonalRows,
  record: OneRecord,
  at: {
    readonly after: readonly string[] | null;
    readonly unsealed: readonly string[];
    readonly limit: number;
  },
): Promise<{ readonly shown: unknown[]; readonly after: readonly string[] | null }> {
  const { rows: answer } = await db.query<{ looked: number; shown: unknown[] | null; last: string[] | null }>(
    `WITH ${page(table, rows, at.limit)}
     SELECT (SELECT count(*)::int FROM page) AS looked,
            (SELECT jsonb_agg(${rows.shows} ORDER BY ${keys(rows, 'p')}) FROM page p JOIN ${table} t ON ${sameKey(rows)} WHERE p.named AND ${rows.among}) AS shown,
            (SELECT ARRAY[${texts(rows)}] FROM page p ORDER BY ${keys(rows, 'p', 'DESC')} LIMIT 1) AS last`,
    valuesOf(record, at),
  );
  const { looked, shown, last } = answer[0] ?? { looked: 0, shown: null, last: null };
  return { shown: shown ?? [], after: looked < at.limit ? null : last };
}

/** The sealed values of a page, by what its rows are named in their encryption contexts. */
export async function sealedPage(
  db: Queryable,
  table: string,
  rows: PersonalRows,
  record: OneRecord,
  { after, limit = rows.page ?? ROWS_OF_A_PAGE }: { after: readonly string[] | null; limit?: number },
): Promise<{ readonly row: string; readonly sealed: string }[]> {
  if (!rows.sealed) return [];
  const { column, row } = rows.sealed;
  const { rows: found } = await db.query<{ row: string; sealed: string | null }>(
    `WITH ${page(table, rows, limit, `, ${row} AS row, t.${column} AS sealed`)} SELECT row, sealed FROM page`,
    valuesOf(record, { after, unsealed: [] }),
  );
  return found.flatMap(({ row: name, sealed }) => (sealed === null ? [] : [{ row: name, sealed }]));
}

const keys = ({ key }: PersonalRows, alias: string, direction = '') =>
  key.map(([column]) => `${alias}.${column} ${direction}`).join(', ');
const texts = ({ key }: PersonalRows) => key.map(([column]) => `p.${column}::text`).join(', ');
const sameKey = ({ key }: PersonalRows) => key.map(([column]) => `t.${column} = p.${column}`).join(' AND ');

/** `asked` gives each parameter its type, whether the place uses it or not. */
function page(table: string, rows: PersonalRows, limit: number, more = ''): string {
  const { key, among, names } = rows;
  const columns = key.map(([column]) => `t.${column}`).join(', ');
  const from = key.map(([, type], n) => `($7::text[])[${n + 1}]::${type}`).join(', ');
  return `asked AS (SELECT $1::uuid, $2::bigint, $3::text, $4::bigint[], $5::text[], $6::text[], $7::text[]),
    page AS MATERIALIZED (
      SELECT ${columns}, coalesce(${names}, false) AS named${more} FROM ${table} t
       WHERE ${among} AND ($7::text[] IS NULL OR (${columns}) > (${from}))
       ORDER BY ${keys(rows, 't')} LIMIT ${Math.round(limit)})`;
}

function valuesOf(
  { workspaceId, portalId, objectType, ids, words }: OneRecord,
  { after, unsealed }: { readonly after: readonly string[] | null; readonly unsealed: readonly string[] },
): unknown[] {
  return [workspaceId, portalId, objectType, ids, words, unsealed, after];
}
