import pg from 'pg';
import type { Secret } from '../platform/secret.js';
import { settleSession } from './session.js';

/*
 * The database of an earlier service, from which its rows are brought. It is read in one transaction that can change
 * nothing, so that all that is read of it is of one moment.
 */

export interface FormerTable {
  /** With its schema. */
  readonly table: string;
  /** By what they hold. */
  readonly columns: Readonly<Record<string, string | undefined>>;
  /** All that it has. */
  readonly has: readonly string[];
  /** Columns that hold a time as Postgres knows it; in others each row may hold anything. */
  readonly times: readonly string[];
}

export interface FormerDatabase {
  readonly client: pg.Client;
  /** `usual`: what its columns are called where `named` does not say otherwise. Undefined: there is no such table. */
  find(
    table: string,
    usual: Readonly<Record<string, string>>,
    named: Readonly<Record<string, string | undefined>>,
  ): Promise<FormerTable | undefined>;
  /** Tables that have a column of that name. */
  candidates(column: string): Promise<string[]>;
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 10_000;

export async function openFormerDatabase(url: Secret): Promise<FormerDatabase> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    application_name: 'sluice-import',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // What breaks the connection is thrown by the statement that meets it.
  client.on('error', () => undefined);
  await client.connect();
  await settleSession(client, { statementTimeoutMs: STATEMENT_TIMEOUT_MS, database: 'foreign' });
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  return {
    client,
    async find(table, usual, named) {
      const { rows } = await client.query<{ name: string; has: string[]; times: string[] }>(
        `SELECT c.oid::regclass::text AS name,
                ARRAY(SELECT attname::text FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS has,
                ARRAY(SELECT attname::text FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                         AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)) AS times
           FROM pg_class c WHERE c.oid = to_regclass($1)`,
        [quoted(table)],
      );
      if (!rows[0]) return undefined;
      const { name: found, has, times } = rows[0];
      const columns = Object.entries(usual).flatMap(([key, name]) => {
        const wanted = named[key] ?? name;
        return has.includes(wanted) ? [[key, wanted] as const] : [];
      });
      return { table: found, has, times, columns: Object.fromEntries(columns) };
    },

    async candidates(wanted) {
      const { rows } = await client.query<{ name: string }>(
        `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE a.attname = $1 AND c.relkind IN ('r', 'p', 'v', 'm')
            AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          ORDER BY 1 LIMIT 20`,
        [wanted],
      );
      return rows.map(({ name }) => name);
    },

    close: () => client.end(),
  };
}

/** How a column stands in a statement over `t`; NULL where the table has none. */
export function columnOf({ columns }: FormerTable, name: string): string {
  const found = columns[name];
  return found === undefined ? 'NULL' : `t.${pg.escapeIdentifier(found)}`;
}

/** What a statement reads, in pages. One at a time. */
export async function* pagesOf<Row extends pg.QueryResultRow>(
  { client }: Pick<FormerDatabase, 'client'>,
  select: string,
  pageSize: number,
): AsyncGenerator<Row[]> {
  await client.query(`DECLARE former NO SCROLL CURSOR FOR ${select}`);
  let isBroken = false;
  try {
    for (;;) {
      const { rows } = await client.query<Row>(`FETCH ${pageSize} FROM former`).catch((error: unknown) => {
        isBroken = true;
        throw error;
      });
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    // A cursor that cannot be read goes with its transaction, and what was thrown says why.
    if (!isBroken) await client.query('CLOSE former');
  }
}

/** `public.events` as two names, each as it stands. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
