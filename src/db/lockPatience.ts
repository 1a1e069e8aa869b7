import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/*
 * Changes of the schema beside traffic. A statement that waits for a strong lock makes everybody wait who comes after
 * it, however short its own work is. So it waits two seconds at the most, lets the others pass, and tries again.
 */

export interface LockPatience {
  readonly lockTimeoutMs: number;
  readonly attempts: number;
  /** Between two tries; random, up to twice as long, so that the tries do not fall in step with what holds the lock. */
  readonly pauseMs: number;
  /** Called when a try did not get its lock. */
  readonly onWait?: (words: string) => void;
}

/** Some two minutes altogether. */
export const PATIENCE: LockPatience = { lockTimeoutMs: 2000, attempts: 40, pauseMs: 1000 };

const HELD_BY_OTHERS = new Set(['55P03', '40P01']); // lock_not_available, deadlock_detected

/**
 * Runs `step` until it gets the locks that it needs. It must be safe to repeat, and leave nothing behind when it fails.
 * Throws, with the transactions that were open meanwhile, when they were not to be had; the client keeps the lock
 * time-out then.
 */
export async function withLockPatience<T>(
  client: pg.Client,
  patience: LockPatience,
  what: string,
  step: () => Promise<T>,
): Promise<T> {
  await client.query(`SET lock_timeout = ${patience.lockTimeoutMs}`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await step();
      await client.query('SET lock_timeout = 0');
      return result;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || !HELD_BY_OTHERS.has(error.code ?? '')) throw error;
      const holders = await openTransactions(client);
      if (attempt >= patience.attempts) {
        const advice =
          'End them (SELECT pg_terminate_backend(pid)) or wait for their end, then run it again.';
        throw new Error(`${what} needs a lock that others hold. Open transactions: ${holders}. ${advice}`, {
          cause: error,
        });
      }
      patience.onWait?.(`${what} waits for a lock. Open transactions: ${holders}`);
      await delay(patience.pauseMs * (1 + Math.random()));
    }
  }
}

/** Runs `work` in a transaction of this client. */
export async function inOneTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** The longest transactions of this database, by process, application and age: no statements, they may hold data. */
async function openTransactions(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ words: string }>(
    `SELECT format('pid %s (%s, %s s)', pid, coalesce(nullif(application_name, ''), 'no name'),
                   round(extract(epoch FROM clock_timestamp() - xact_start))) AS words
       FROM pg_stat_activity
      WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
      ORDER BY xact_start LIMIT 5`,
  );
  return rows.map(({ words }) => words).join(', ') || 'none any more';
}
