import { types } from 'node:util';
import pg from 'pg';
import { parseExactJson } from '../domain/exactJson.js';
import type { Config } from '../platform/config/config.js';
import type { Logger } from '../platform/logger.js';
import { settleSession } from './session.js';
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
    database?: 'own' | 'foreign';
  },
): Pool {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const more = { idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS) };
  const session = { statementTimeoutMs, database: options.database, role: options.role, more };
  const serverPids = new WeakMap<pg.ClientBase, number>();
  // The pool waits for its end, and gives up a connection whose session cannot be made what it is to be.
  const onConnect: (client: pg.ClientBase) => unknown = async (client) =>
    serverPids.set(client, await settleSession(client, session));
  const connection = {
    connectionString: config.DATABASE_URL.reveal(),
    application_name: options.applicationName,
    ...KEEP_ALIVE,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.size ?? config.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 5000,
    // Half-open connections (a network that swallows packets) are noticed by the client, not waited for.
    query_timeout: statementTimeoutMs + SILENT_MS,
    onConnect,
  });
  pool.on('error', (error) =>
    options.logger.warn('A database connection was lost; it will be replaced', { error: error.message }),
  );
  const queryTimeoutMs = statementTimeoutMs + SILENT_MS;
  const pidOf = (client: pg.ClientBase) => serverPids.get(client);
  endSilentConnections(pool, { queryTimeoutMs, connection, pidOf, logger: options.logger });
  return pool;
}

/** Classes of SQLSTATE that say nothing about what was asked: connection, resources, operator, system. */
const TRANSIENT_CLASSES = new Set(['08', '53', '57', '58']);
const TRANSIENT_CODES = new Set([
  '25006', // read_only_sql_transaction: after a fail-over the pool is still with the former primary
  '25P03', // idle_in_transaction_session_timeout
  '26000', // invalid_sql_statement_name, and
  '42P05', // duplicate_prepared_statement: a pooler gave the session to somebody else in between
  '40001', // serialization_failure
  '40003', // statement_completion_unknown
  '40P01', // deadlock_detected
  '55006', // object_in_use
  '55P03', // lock_not_available
  '72000', // snapshot_too_old
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
  if (code !== undefined && (TRANSIENT_CODES.has(code) || TRANSIENT_CLASSES.has(sqlClass(code)))) return true;
  if (code && /^E[A-Z]+$/.test(code)) return true; // ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT …
  return CONNECTION_LOST.test(error.message);
}

/** Of what a statement says and of what it was given: values, constraints, words, sizes. */
const MISTAKES = new Set(['21', '22', '23', '42', '54']);
/** A right or a table that is missing is given or made by people; a pooler takes prepared statements away. */
const MENDED_BY_PEOPLE = new Set(['42501', '42P01', '42P05', '42883']);

/**
 * Whether a statement failed by what it is, so that it fails each time. For results that are lost if they are not
 * stored: all other errors are worth another try, also those that nobody has heard of.
 */
export function isOurMistake(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) return MISTAKES.has(sqlClass(code)) && !MENDED_BY_PEOPLE.has(code);
  return ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(error.name);
}

function sqlClass(code: string): string {
  return code.length === 5 ? code.slice(0, 2) : '';
}
