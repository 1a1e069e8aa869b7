import type { Queryable } from './pool.js';

/*
 * How long rows stay. Every room has a list of its tables, and every table is in one of the lists
 * (docs/operations.md#how-long-things-are-kept). A key that carries a promise (portal and callback, workspace and event
 * key) is removed by an index: in partitions by day it would be unique within its day only. What is kept by the
 * million and asked for by nobody goes with its day's partition.
 */

/** A function `(p_keep_days, p_most)` that removes by an index what is older, and returns how many rows. */
export interface Forgetting {
  readonly function: string;
  readonly days: number;
}

export type Retention =
  | { readonly by: 'index'; readonly forgets: readonly Forgetting[] }
  | { readonly by: 'day'; readonly column: string; readonly days: number }
  /** Rows leave with what they are about, or are as few as what people have made. */
  | { readonly by: 'end'; readonly until: string };

/** By table. */
export type Retentions = Readonly<Record<string, Retention>>;

export const forgotten = (...forgets: readonly Forgetting[]): Retention => ({ by: 'index', forgets });
export const daily = (column: string, days: number): Retention => ({ by: 'day', column, days });
export const until = (end: string): Retention => ({ by: 'end', until: end });

/** Removes, in all workspaces, at most `max` rows that are older than they are kept. Returns how many. */
export async function forgetRows(
  db: Queryable,
  { function: name, days }: Forgetting,
  max: number,
): Promise<number> {
  const { rows } = await db.query<{ removed: number }>({
    name,
    text: `SELECT ${name}($1, $2) AS removed`,
    values: [days, max],
  });
  return rows[0]?.removed ?? 0;
}
