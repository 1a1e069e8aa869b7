import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

/** How many transactions the database of this pool commits in a second, measured for so long. */
export async function commitsPerSecond(pool: pg.Pool, forMs: number): Promise<number> {
  const commits = async () => {
    const { rows } = await pool.query<{ n: string }>(
      'SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0]?.n);
  };
  const [before, from] = [await commits(), performance.now()];
  await delay(forMs); // the time itself is what is measured
  return ((await commits()) - before) / ((performance.now() - from) / 1000);
}
