import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { withDeadline } from '../platform/deadline.js';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { Secret } from '../platform/secret.js';
import { ADVISORY_LOCKS, tryLock, unlock } from './advisoryLocks.js';

/*
 * A pooler that gives a connection of Postgres to whoever begins the next transaction (PgBouncer's
 * pool_mode=transaction) takes away what this service rests on: locks that a session holds, LISTEN, prepared statements
 * and settings. It is recognised by two connections that meet the same process of the server.
 *
 * One that gives whole sessions, but clears none when its client has gone (an empty server_reset_query), keeps the
 * locks of processes that died, and hands prepared statements to whoever comes next. It is recognised by a lock that
 * outlives its connection.
 */

const DEADLINE_MS = 5000;
const ROUNDS = 3;
/** Postgres gives locks back when it notices that the client has gone; the trial of another process is as short. */
const CLEARED_WITHIN_MS = 2000;
const POLL_MS = 20;
/** What PgBouncer says to BEGIN in its mode `statement`. */
const PROTOCOL_VIOLATION = '08P01';

/** Rejects with `conflict` where the URL leads to a pooler that shares sessions. `name` is its variable's. */
export async function refuseSharedSessions(url: Secret, name: string): Promise<void> {
  const how = await howSessionsAreGiven(url);
  if (how === 'shared')
    throw new AppError(
      'conflict',
      `${name} leads to a pooler that shares connections between transactions (PgBouncer: pool_mode = transaction or statement). ` +
        'Locks, LISTEN and prepared statements need a session: set pool_mode = session for this database, or name Postgres itself',
    );
  if (how === 'uncleared')
    throw new AppError(
      'conflict',
      `${name} leads to a pooler that does not clear a session when its client has gone (PgBouncer: an empty server_reset_query). ` +
        'What a process that died had locked would stay locked: set server_reset_query = DISCARD ALL, or name Postgres itself',
    );
}

/** The same at the start of a process, which does not need the database yet: what cannot be found out is logged. */
export async function refuseSharedSessionsAtStart(url: Secret, name: string, logger: Logger): Promise<void> {
  try {
    await refuseSharedSessions(url, name);
  } catch (error) {
    if (error instanceof AppError) throw error;
    logger.warn(`Whether ${name} leads to a pooler that shares connections could not be found out`, {
      error,
    });
  }
}

async function howSessionsAreGiven(url: Secret): Promise<'own' | 'shared' | 'uncleared'> {
  const connect = () =>
    new pg.Client({
      connectionString: url.reveal(),
      application_name: 'sluice-start',
      connectionTimeoutMillis: DEADLINE_MS,
      query_timeout: DEADLINE_MS,
    });
  const [one, other] = [connect(), connect()];
  // What fails is told by the statement that waits for it.
  for (const client of [one, other]) client.on('error', () => undefined);
  try {
    return await withDeadline(
      meet(one, other),
      DEADLINE_MS,
      () => new Error('Two connections to the database could not be made in time'),
    );
  } finally {
    await Promise.allSettled([one.end(), other.end()]);
  }
}

async function meet(one: pg.Client, other: pg.Client): Promise<'own' | 'shared' | 'uncleared'> {
  await Promise.all([one.connect(), other.connect()]);
  if (await isShared(one, other)) return 'shared';
  if ((await holdsLocks(one)) || (await holdsLocks(other))) return 'uncleared';
  const lock = ADVISORY_LOCKS.sessionTrial(`'${randomUUID()}'`);
  await tryLock(one, lock);
  await one.end();
  const giveUpAt = performance.now() + CLEARED_WITHIN_MS;
  while (!(await tryLock(other, lock))) {
    if (performance.now() > giveUpAt) return 'uncleared';
    await delay(POLL_MS);
  }
  await unlock(other, lock);
  return 'own';
}

async function isShared(one: pg.Client, other: pg.Client): Promise<boolean> {
  const own = await backendOf(one);
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      // Holds a process of the server for as long as its transaction lasts.
      await other.query('BEGIN');
      if ((await backendOf(other)) === own) return true;
      if ((await backendOf(one)) !== own) return true;
      await other.query('ROLLBACK');
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === PROTOCOL_VIOLATION) return true;
      throw error;
    }
  }
  return false;
}

/** A session of which nobody has asked anything holds none. */
async function holdsLocks(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locks: number }>(
    `SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()`,
  );
  return (rows[0]?.locks ?? 0) > 0;
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
