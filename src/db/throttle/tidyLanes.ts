import type { Queryable } from '../pool.js';

export interface TidiedLanes {
  /** The last lane that was looked at, for the next call; null: there is none after it. */
  readonly lastLane: string | null;
  readonly admissions: number;
  readonly removed: number;
}

interface Options {
  /** Looks at lanes with a greater id. */
  readonly after: string;
  readonly lanes: number;
  /** At most so many admissions. */
  readonly max: number;
  readonly keepDays: number;
}

/** Removes what the next lanes do not need any more (migrations/functions/throttle/tidy_lanes.sql). */
export async function tidyLanes(db: Queryable, options: Options): Promise<TidiedLanes> {
  const { rows } = await db.query<TidiedLanes>({
    name: 'tidy_lanes',
    text: `SELECT last_lane AS "lastLane", admissions, removed FROM tidy_lanes($1, $2, $3, $4)`,
    values: [options.after, options.lanes, options.max, options.keepDays],
  });
  return rows[0] ?? { lastLane: null, admissions: 0, removed: 0 };
}
