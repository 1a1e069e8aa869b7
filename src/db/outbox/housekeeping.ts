import type { Queryable } from '../pool.js';

/** Removes, in all workspaces, what is older than it is kept (migrations/functions/outbox/tidy_outbox.sql), and makes the partitions of the next days. */
export async function tidyOutbox(db: Queryable, most: number, keepDays: number): Promise<number> {
  const { rows } = await db.query<{ changed: number }>(
    `SELECT tidy_outbox($1, $2) + ensure_daily_partitions('outbox_history', 'processed_at', 2, $2) AS changed`,
    [most, keepDays],
  );
  return rows[0]?.changed ?? 0;
}

/** How the outbox stands in all workspaces together, for metrics. Counts stop at `most`. */
export interface OutboxStanding {
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly dead: number;
  readonly invalid: number;
  readonly circuitsOpen: number;
}

export async function outboxStanding(db: Queryable, most: number): Promise<OutboxStanding> {
  const { rows } = await db.query<OutboxStanding>(
    `SELECT waiting::float8, oldest_seconds AS "oldestSeconds", dead::float8, invalid::float8, circuits_open::float8 AS "circuitsOpen" FROM outbox_standing($1)`,
    [most],
  );
  return rows[0] ?? { waiting: 0, oldestSeconds: 0, dead: 0, invalid: 0, circuitsOpen: 0 };
}
