import type { Secret } from '../../platform/secret.js';
import { isDataError } from '../dataError.js';
import { columnOf, openFormerDatabase, pagesOf, type FormerTable } from '../formerDatabase.js';

/* The table of events of an earlier service. It is read in the order in which its events happened. */

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

export async function openFormerOutbox(url: Secret): Promise<FormerOutbox> {
  const database = await openFormerDatabase(url);
  const { client } = database;
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
    find: (table, named) => database.find(table, FORMER_COLUMNS, named),
    candidates: (wanted) => database.candidates(wanted),

    async count(table) {
      const done = `${columnOf(table, 'processedAt')} IS NOT NULL`;
      const { rows } = await client.query<{ processed: string; unprocessed: string }>(
        `SELECT count(*) FILTER (WHERE ${done}) AS processed, count(*) FILTER (WHERE NOT (${done})) AS unprocessed
           FROM ${table.table} t`,
      );
      return { processed: Number(rows[0]?.processed), unprocessed: Number(rows[0]?.unprocessed) };
    },

    async *rows(table, pageSize) {
      const created = columnOf(table, 'createdAt');
      const isTime = table.times.includes(table.columns['createdAt'] ?? '');
      const attempts = `${columnOf(table, 'attempts')}::text`;
      const pages = pagesOf<FormerRow>(
        database,
        `SELECT ${columnOf(table, 'id')}::text AS id, ${columnOf(table, 'type')}::text AS type,
                 ${columnOf(table, 'payload')}::text AS payload, ${isTime ? time(created) : `${created}::text`} AS "createdAt",
                 CASE WHEN ${attempts} ~ '^[0-9]{1,9}$' THEN ${attempts}::int ELSE 0 END AS attempts, ${columnOf(table, 'lastError')}::text AS "lastError"
            FROM ${table.table} t WHERE ${columnOf(table, 'processedAt')} IS NULL
           ORDER BY ${created === 'NULL' ? '' : `${created} NULLS FIRST, `}${columnOf(table, 'id')}`,
        pageSize,
      );
      for await (const rows of pages) {
        if (isTime) yield rows;
        else {
          const times = await timesIn(rows.map(({ createdAt }) => createdAt));
          yield rows.map((row, n) => ({ ...row, createdAt: times[n] ?? null }));
        }
      }
    },

    close: () => database.close(),
  };
}
