import pg from 'pg';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { KEEP_ALIVE } from '../pool.js';
import { settleSession } from '../session.js';

/*
 * The session that holds a process's advisory locks. It is opened when it is needed and closed when it is not; Postgres
 * ends it, and with it the locks, when the process stops to give signs of life.
 */

/** A session that was opened: another one means that all locks of this one are gone. */
export type OpenSession = Promise<pg.Client>;

export interface LockSession {
  /** The session that is open, or a new one. */
  open(): OpenSession;
  /** Undefined: none is open. */
  current(): OpenSession | undefined;
  /** Runs one statement in that session, after those that were asked before: a connection has room for one. */
  ask<R extends pg.QueryResultRow>(
    session: OpenSession,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]>;
  /** How long ago the last statement was sent that was answered. */
  silentMs(): number;
  close(): Promise<void>;
}

interface Holder {
  /** Whether the session is needed; it is closed when it has not been for a while. */
  needed(): boolean;
  /** The session is gone, and all its locks with it. `error`: it was not closed by us. */
  lost(error?: Error): void;
}

export interface SessionLimits {
  readonly heartbeatMs: number;
  /** After so long without a sign of life Postgres ends the session. */
  readonly sessionTimeoutMs: number;
}

const QUERY_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5000;
const IDLE_MS = 60_000;

export function createLockSession(
  config: Pick<Config, 'DATABASE_URL'>,
  logger: Logger,
  { heartbeatMs, sessionTimeoutMs }: SessionLimits,
  holder: Holder,
): LockSession {
  let session: OpenSession | undefined;
  let lastAsked: Promise<unknown> = Promise.resolve();
  /** Monotonic: when the last statement that was answered was sent, and when the session was last used. */
  let aliveAt = -Infinity;
  let usedAt = -Infinity;

  const heartbeat = setInterval(() => {
    if (!session) return;
    if (!holder.needed() && performance.now() - usedAt > IDLE_MS) return void close();
    inTurn(session, 'SELECT 1', []).catch((error: unknown) =>
      logger.debug('The connection that holds the locks of token refreshes did not answer', { error }),
    );
  }, heartbeatMs);
  heartbeat.unref();

  function open(): OpenSession {
    if (session) return session;
    const client = new pg.Client({
      connectionString: config.DATABASE_URL.reveal(),
      application_name: 'sluice-token-locks',
      ...KEEP_ALIVE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    const more = { idle_session_timeout: String(sessionTimeoutMs) };
    const opening = client.connect().then(async () => {
      await settleSession(client, { statementTimeoutMs: QUERY_TIMEOUT_MS, more });
      return client;
    });
    session = opening;
    const ended = (error?: Error) => lost(opening, client, error);
    client.on('error', ended);
    client.on('end', () => ended());
    opening.catch(ended);
    return opening;
  }

  function lost(which: OpenSession, client: pg.Client, error?: Error): void {
    if (session !== which) return;
    session = undefined;
    holder.lost(error ?? new Error('Connection ended'));
    client.end().catch(() => undefined); // it has ended, or never began
  }

  async function close(): Promise<void> {
    const closing = session;
    session = undefined;
    holder.lost();
    await closing
      ?.then((client) => client.end())
      .catch((error: unknown) =>
        logger.debug('The connection of the locks of token refreshes could not be ended in order', { error }),
      );
  }

  function inTurn<R extends pg.QueryResultRow>(
    which: OpenSession,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]> {
    const asked = lastAsked.then(() => ask<R>(which, text, values));
    lastAsked = asked.catch(() => undefined); // whoever asked is told of the failure
    return asked;
  }

  async function ask<R extends pg.QueryResultRow>(
    which: OpenSession,
    text: string,
    values: readonly unknown[],
  ): Promise<R[]> {
    const client = await which;
    const sentAt = performance.now();
    try {
      const { rows } = await client.query<R>(text, [...values]);
      if (session === which) aliveAt = sentAt;
      return rows;
    } catch (error) {
      // Without an answer nobody knows which locks the session took: it must end.
      if (!(error instanceof pg.DatabaseError))
        lost(which, client, error instanceof Error ? error : undefined);
      throw error;
    }
  }

  return {
    open,
    current: () => session,
    ask(which, text, values) {
      usedAt = performance.now();
      return inTurn(which, text, values);
    },
    silentMs: () => performance.now() - aliveAt,
    async close() {
      clearInterval(heartbeat);
      await close();
    },
  };
}
