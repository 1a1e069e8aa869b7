import pg from 'pg';
import type { Secret } from '../../platform/secret.js';
import { isDataError } from '../dataError.js';
import { settleSession } from '../session.js';

/*
 * The table of events of an earlier service, in a database of its own. It is read in one transaction that can change
 * nothing, in the order in which its events happened.
 */

/** What a row is made of, and what its column is called by default. */
export const FORMER_COLUMNS = {
  id: 'id',
  type: 'event_type',
  payload: 'payload',
  createdAt: 'created_at',
  processedAt: 'processed_at',
  attempts: 'attempt_count',
  lastError: 'last_error',
} as const;
export type FormerColumn = keyof typeof FORMER_COLUMNS;
/** Without these nothing can be told of a row. */
export const NEEDED_COLUMNS: readonly FormerColumn[] = ['id', 'type', 'payload', 'processedAt'];

export interface FormerTable {
  /** With its schema. */
  readonly table: string;
  readonly columns: Readonly<Partial<Record<FormerColumn, string>>>;
  /** All that it has. */
  readonly has: readonly string[];
  /** Columns that hold a time as Postgres knows it; in others each row may hold anything. */
  readonly times: readonly string[];
}

export interface FormerRow {
  readonly id: string;
  readonly type: string | null;
  /** As text. */
  readonly payload: string | null;
  /** ISO 8601, as far as that can say it. A time without a zone is taken as UTC. */
  readonly createdAt: string | null;
  readonly attempts: number;
  readonly lastError: string | null;
}

export interface FormerCounts {
  readonly processed: number;
  readonly unprocessed: number;
}

export interface FormerOutbox {
  /** Undefined: there is no such table. */
  find(table: string, named: Partial<Record<FormerColumn, string>>): Promise<FormerTable | undefined>;
  /** Tables that have a column of that name. */
  candidates(column: string): Promise<string[]>;
  count(table: FormerTable): Promise<FormerCounts>;
  /** Unprocessed rows, the oldest first, in pages. */
  rows(table: FormerTable, pageSize: number): AsyncGenerator<FormerRow[]>;
  close(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 10_000;

export async function openFormerOutbox(url: Secret): Promise<FormerOutbox> {
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
  const column = (table: FormerTable, name: FormerColumn): string =>
    table.columns[name] === undefined ? 'NULL' : `t.${pg.escapeIdentifier(table.columns[name])}`;
  // What ISO 8601 cannot say (before Christ, after 9999, infinity) stays in the words of Postgres.
  const time = (expression: string) =>
    `CASE WHEN ${expression}::timestamptz BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'
          THEN to_char(${expression}::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
          ELSE ${expression}::timestamptz::text END`;

  /** Times that are kept as text, as Postgres reads them; one that it cannot read stays as it is, for itself alone. */
  async function timesIn(texts: readonly (string | null)[]): Promise<readonly (string | null)[]> {
    await client.query('SAVEPOINT times');
    try {
      const { rows } = await client.query<{ at: string | null }>(
        `SELECT ${time('u.x')} AS at FROM unnest($1::text[]) WITH ORDINALITY AS u (x, n) ORDER BY u.n`,
        [texts],
      );
      return rows.map(({ at }) => at);
    } catch (error) {
      await client.query('ROLLBACK TO SAVEPOINT times');
      if (!isDataError(error)) throw error;
      if (texts.length === 1) return texts;
      const half = Math.ceil(texts.length / 2);
      return [...(await timesIn(texts.slice(0, half))), ...(await timesIn(texts.slice(half)))];
    }
  }

  return {
    async find(table, named) {
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
      const { name, has, times } = rows[0];
      const columns = Object.entries(FORMER_COLUMNS).flatMap(([key, usual]) => {
        const wanted = named[key as FormerColumn] ?? usual;
        return has.includes(wanted) ? [[key, wanted]] : [];
      });
      return { table: name, has, times, columns: Object.fromEntries(columns) as FormerTable['columns'] };
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

    async count(table) {
      const done = `${column(table, 'processedAt')} IS NOT NULL`;
      const { rows } = await client.query<{ processed: string; unprocessed: string }>(
        `SELECT count(*) FILTER (WHERE ${done}) AS processed, count(*) FILTER (WHERE NOT (${done})) AS unprocessed
           FROM ${table.table} t`,
      );
      return { processed: Number(rows[0]?.processed), unprocessed: Number(rows[0]?.unprocessed) };
    },

    async *rows(table, pageSize) {
      const created = column(table, 'createdAt');
      const isTime = table.times.includes(table.columns.createdAt ?? '');
      const attempts = `${column(table, 'attempts')}::text`;
      await client.query(
        `DECLARE former NO SCROLL CURSOR FOR
          SELECT ${column(table, 'id')}::text AS id, ${column(table, 'type')}::text AS type,
                 ${column(table, 'payload')}::text AS payload, ${isTime ? time(created) : `${created}::text`} AS "createdAt",
                 CASE WHEN ${attempts} ~ '^[0-9]{1,9}$' THEN ${attempts}::int ELSE 0 END AS attempts, ${column(table, 'lastError')}::text AS "lastError"
            FROM ${table.table} t WHERE ${column(table, 'processedAt')} IS NULL
           ORDER BY ${created === 'NULL' ? '' : `${created} NULLS FIRST, `}${column(table, 'id')}`,
      );
      try {
        for (;;) {
          const { rows } = await client.query<FormerRow>(`FETCH ${pageSize} FROM former`);
          if (rows.length === 0) return;
          if (isTime) yield rows;
          else {
            const times = await timesIn(rows.map(({ createdAt }) => createdAt));
            yield rows.map((row, n) => ({ ...row, createdAt: times[n] ?? null }));
          }
        }
      } finally {
        // Where the connection is lost the cursor is, too: what was thrown says so.
        await client.query('CLOSE former').catch(() => undefined);
      }
    },

    close: () => client.end(),
  };
}

/** `public.events` as two names, each as it stands. */
function quoted(table: string): string {
  return table
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
}
