import { types } from 'node:util';
import pg from 'pg';
import { parseExactJson } from '../domain/exactJson.js';
import type { Config } from '../platform/config/config.js';
import type { Logger } from '../platform/logger.js';
import { endSilentConnections, QUERY_TIMEOUT } from './silentConnections.js';

export { QUERY_TIMEOUT };
export type Pool = pg.Pool;
export type Queryable = Pick<pg.Pool, 'query'>;

// Ids are bigints; callers keep them as text, so that nothing is rounded in JSON. Counts are small and cast to int in
// SQL.
const INT8 = 20;
pg.types.setTypeParser(INT8, (text) => text);
// Payloads of applications hold ids of any length.
const [JSON_TYPE, JSONB] = [114, 3802];
pg.types.setTypeParser(JSON_TYPE, parseExactJson);
pg.types.setTypeParser(JSONB, parseExactJson);

/** Longer than any of the service's statements takes. */
const STATEMENT_TIMEOUT_MS = 8000;
/** How much later a connection that does not answer is given up. */
const SILENT_MS = 1000;

/**
 * A session whose transaction waits for its client for so long has lost it: what it has locked comes free. Longer than
 * what a transaction of ours waits for another database.
 */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** The system asks whether the other side is there when nothing has come for so long. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 5000 } as const;

/**
 * The pool of one process. A connection that breaks is dropped and replaced; a statement that takes longer than
 * `statementTimeoutMs` ends with an error instead of holding its caller for ever.
 */
export function createPool(
  config: Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>,
  options: {
    applicationName: string;
    logger: Logger;
    statementTimeoutMs?: number;
    size?: number;
    /** Acts as this role, of which the login must be a member. */
    role?: string;
  },
): Pool {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const connection = {
    connectionString: config.DATABASE_URL.reveal(),
    application_name: options.applicationName,
    ...KEEP_ALIVE,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.size ?? config.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 5000,
    statement_timeout: statementTimeoutMs,
    // Half-open connections (a network that swallows packets) are noticed by the client, not waited for.
    query_timeout: statementTimeoutMs + SILENT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    // Compiling plans costs more than any of our short statements.
    options: `-c jit=off${options.role === undefined ? '' : ` -c role=${options.role}`}`,
  });
  pool.on('error', (error) =>
    options.logger.warn('A database connection was lost; it will be replaced', { error: error.message }),
  );
  const queryTimeoutMs = statementTimeoutMs + SILENT_MS;
  endSilentConnections(pool, { queryTimeoutMs, connection, logger: options.logger });
  return pool;
}

const TRANSIENT_CODES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57014', // query_canceled (statement_timeout)
  '08000',
  '08003',
  '08006',
  '08001',
  '08004',
]);

/** pg's messages for a connection that is gone; these errors have no code. */
const CONNECTION_LOST = new RegExp(
  [
    'Connection terminated',
    'timeout exceeded when trying to connect',
    QUERY_TIMEOUT,
    'Client has encountered a connection error',
    'Cannot use a pool',
  ].join('|'),
  'i',
);

/** Whether the database was away or busy rather than asked something wrong: the same statement may succeed later. */
export function isTransientDatabaseError(error: unknown): boolean {
  // Not instanceof: errors of Node's own network code are of another realm in some hosts.
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code && TRANSIENT_CODES.has(code)) return true;
  if (code && /^E[A-Z]+$/.test(code)) return true; // ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT …
  return CONNECTION_LOST.test(error.message);
}
