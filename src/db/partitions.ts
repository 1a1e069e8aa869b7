import type { Queryable } from './pool.js';

/*
 * Partitions by day, in UTC. They are made a week ahead, so that a worker that is away, or a dump that reads for hours,
 * does no harm. What comes without a partition of its day goes to the default partition, and is moved as soon as
 * there is one. Each step is a statement and a transaction of its own, which waits for no lock longer than 100 ms.
 */

/** The tables that are partitioned, and by which time. */
export const PARTITIONED = {
  execution_history: 'finished_at',
  outbox_history: 'processed_at',
  request_log: 'at',
  crm_changes: 'recorded_at',
  webhook_events: 'occurred_at',
} as const;

const DAYS_AHEAD = 7;
const ROWS_PER_STATEMENT = 5000;
/** Days of one call that had rows in the default partition; the next call goes on. */
const MAX_STRAY_DAYS = 10;

interface Stretch {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Makes the partitions of today and the days ahead, and of days whose rows came before them, and drops those that are
 * older than `keepDays`. Returns how many partitions it made and dropped. A step that fails, usually since somebody
 * reads the table for long, holds up none of the others; the first of such errors is thrown in the end.
 */
export async function keepPartitions(db: Queryable, table: string, keepDays: number): Promise<number> {
  const failures: unknown[] = [];
  let changed = 0;
  const attempt = async (step: () => Promise<number>) => {
    try {
      changed += await step();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const stretch of await uncovered(db, table)) await attempt(() => makePartition(db, table, stretch));
  for (let days = 0; days < MAX_STRAY_DAYS && failures.length === 0; days += 1) {
    const stray = await strayStretch(db, table);
    if (!stray) break;
    await attempt(() => makePartition(db, table, stray));
  }
  for (const name of await outdated(db, table, keepDays)) {
    await attempt(async () => {
      await db.query('SELECT drop_daily_partition($1, $2, $3)', [table, name, keepDays]);
      return 1;
    });
  }
  if (failures.length > 0) throw failures[0];
  return changed;
}

async function makePartition(db: Queryable, table: string, { from, to }: Stretch): Promise<number> {
  const made = await db.query<{ name: string }>('SELECT make_daily_partition($1, $2, $3) AS name', [
    table,
    from,
    to,
  ]);
  const name = made.rows[0]?.name;
  // Rows that are moved are not seen until it is attached: the many go before, so that this takes a moment.
  for (;;) {
    const filled = await db.query<{ moved: number }>(
      'SELECT fill_daily_partition($1, $2, $3, $4, $5) AS moved',
      [table, name, from, to, ROWS_PER_STATEMENT],
    );
    if ((filled.rows[0]?.moved ?? 0) < ROWS_PER_STATEMENT) break;
  }
  const { rows } = await db.query<{ attached: boolean }>(
    'SELECT attach_daily_partition($1, $2, $3, $4) AS attached',
    [table, name, from, to],
  );
  return rows[0]?.attached ? 1 : 0;
}

const EXISTING = `
  SELECT c.relname AS name, b[1]::timestamptz AS "from", b[2]::timestamptz AS "to"
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
         regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('(.*)'\\) TO \\('(.*)'\\)$$) AS b
   WHERE i.inhparent = $1::regclass AND b IS NOT NULL`;

/** What of these days has no partition: whole days, unless partitions were made by the days of another time zone. */
const missing = (days: string) => `
  WITH existing AS (${EXISTING}), taken AS (SELECT range_agg(tstzrange("from", "to")) AS all FROM existing)
  SELECT lower(piece) AS "from", upper(piece) AS "to"
    FROM ${days} AS day (begins), taken,
         unnest(tstzmultirange(tstzrange(begins, begins + interval '24 hours')) - coalesce(taken.all, '{}')) AS piece`;

async function uncovered(db: Queryable, table: string): Promise<Stretch[]> {
  const { rows } = await db.query<Stretch>(
    `${missing(`(SELECT date_trunc('day', now(), 'UTC') + n * interval '24 hours' FROM generate_series(0, $2) n)`)} ORDER BY 1`,
    [table, DAYS_AHEAD],
  );
  return rows;
}

/** A stretch without a partition of which a row is in the default partition. */
async function strayStretch(db: Queryable, table: string): Promise<Stretch | undefined> {
  const { rows } = await db.query<Stretch>(
    `WITH stray AS MATERIALIZED (SELECT default_partition_time($1) AS at)
     SELECT m."from", m."to" FROM stray, LATERAL (
       ${missing(`(SELECT date_trunc('day', stray.at, 'UTC') WHERE stray.at IS NOT NULL)`)}) m
      WHERE stray.at >= m."from" AND stray.at < m."to"`,
    [table],
  );
  return rows[0];
}

async function outdated(db: Queryable, table: string, keepDays: number): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT name FROM (${EXISTING}) p WHERE p."to" <= now() - make_interval(days => $2) ORDER BY p."to"`,
    [table, Math.max(keepDays, 1)],
  );
  return rows.map(({ name }) => name);
}
