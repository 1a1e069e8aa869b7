import type pg from 'pg';
import { QUERY_TIMEOUT, type Pool } from './pool.js';

/**
 * Runs `work` in one transaction: committed when it resolves, rolled back when it throws. `first` rides along with its
 * BEGIN; `work` is told what that answered.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: pg.PoolClient, began: readonly pg.QueryResult[]) => Promise<T>,
  first?: string,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that is lost between two statements emits an event, which ends the process where nothing listens. The
  // next statement fails.
  const lost = (error: Error): void => void (broken = error);
  client.on('error', lost);
  try {
    const began: unknown = await client.query(first === undefined ? 'BEGIN' : `BEGIN; ${first}`);
    const result = await work(client, Array.isArray(began) ? (began as pg.QueryResult[]) : []);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that did not answer in time would not answer to ROLLBACK either.
    if (error instanceof Error && error.message === QUERY_TIMEOUT) broken = error;
    // A connection that cannot even roll back is not put back into the pool.
    else
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}
