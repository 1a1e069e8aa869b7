import type { Pool, Queryable } from './pool.js';
import { inTransaction } from './transaction.js';

/** The database, where each statement is a transaction of its own and ends with an error after so long. */
export function withStatementTimeout(pool: Pool, ms: number): Queryable {
  return {
    query: ((...args: Parameters<Pool['query']>) =>
      inTransaction(
        pool,
        (client) => client.query(...args) as unknown as Promise<unknown>,
        `SET LOCAL statement_timeout = ${Math.round(ms)}`,
      )) as Pool['query'],
  };
}
