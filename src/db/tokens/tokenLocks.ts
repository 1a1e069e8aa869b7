import pg from 'pg';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';

/*
 * Who may refresh a portal's token, over all processes: an advisory lock of a session, held for as long as the call to HubSpot is out,
 * however long that takes. All locks of a process are held by one connection of its own (docs/decisions/0008): locks on rows would take a
 * connection for each portal, and locks that expire would let a second refresh begin while the first is still out. The connection is
 * opened when it is needed; Postgres ends it, and with it the locks, when the process stops to give signs of life.
 */

export interface TokenLocks {
  /**
   * Waits until this process holds the portal's lock, or until its token has another version than `version`. Rejects when the database is
   * away or `signal` is aborted.
   */
  claim(portalId: number, version: number, signal?: AbortSignal): Promise<'claimed' | 'changed'>;
  /** Whether the lock is surely still ours. */
  holds(portalId: number): boolean;
  release(portalId: number): void;
  stop(): Promise<void>;
}

interface Wish {
  readonly portalId: number;
  readonly version: number;
  /** Monotonic. */
  dueAt: number;
  tries: number;
  settle(result: 'claimed' | 'changed' | Error): void;
}

const LIMITS = {
  beatMs: 15_000,
  /** Longer than the longest refresh, so that a process which is held up for a moment keeps its locks. */
  sessionTimeoutMs: 90_000,
  /** After so long without an answer the session may have ended, although nobody has told us yet. */
  sureMs: 60_000,
};
const QUERY_TIMEOUT_MS = 10_000;
const IDLE_MS = 60_000;
const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 500;
const MAX_AT_ONCE = 500;

export function createTokenLocks(
  config: Pick<Config, 'DATABASE_URL'>,
  logger: Logger,
  { beatMs, sessionTimeoutMs, sureMs } = LIMITS,
): TokenLocks {
  const wishes = new Set<Wish>();
  const held = new Set<number>();
  let connection: Promise<pg.Client> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let rounding = false;
  let asking: Promise<void> = Promise.resolve();
  let stopped = false;
  /** Monotonic: when the last statement that was answered was sent. */
  let aliveAt = -Infinity;
  let usedAt = -Infinity;

  const beat = setInterval(() => {
    if (!connection) return;
    if (held.size === 0 && wishes.size === 0 && performance.now() - usedAt > IDLE_MS) return void close();
    ask(connection, 'SELECT 1').catch((error: unknown) =>
      logger.debug('The connection that holds the locks of token refreshes did not answer', { error }),
    );
  }, beatMs);
  beat.unref();

  function open(): Promise<pg.Client> {
    if (connection) return connection;
    const client = new pg.Client({
      connectionString: config.DATABASE_URL.reveal(),
      application_name: 'sluice-token-locks',
      keepAlive: true,
      connectionTimeoutMillis: 5000,
      query_timeout: QUERY_TIMEOUT_MS,
      options: `-c idle_session_timeout=${sessionTimeoutMs}`,
    });
    const opening = client.connect().then(() => client);
    connection = opening;
    const ended = (error?: Error) => lost(opening, client, error);
    client.on('error', ended);
    client.on('end', () => ended());
    opening.catch(ended);
    return opening;
  }

  /** The locks went with the session. Whoever holds one finds out by `holds`; what it stores is compared with what is there. */
  function lost(which: Promise<pg.Client>, client: pg.Client, error?: Error): void {
    if (connection !== which) return;
    connection = undefined;
    if (held.size > 0)
      logger.warn('The connection that holds the locks of token refreshes was lost', {
        held: held.size,
        error,
      });
    held.clear();
    client.end().catch(() => undefined); // it has ended, or never began
  }

  async function close(): Promise<void> {
    const closing = connection;
    connection = undefined;
    held.clear();
    await closing
      ?.then((client) => client.end())
      .catch((error: unknown) =>
        logger.debug('The connection of the locks of token refreshes could not be ended in order', { error }),
      );
  }

  /** One statement after the other: a connection has room for one. */
  async function ask<R extends pg.QueryResultRow>(
    which: Promise<pg.Client>,
    text: string,
    values: unknown[] = [],
  ): Promise<R[]> {
    const asked = asking.then(() => askNow<R>(which, text, values));
    asking = asked.then(
      () => undefined,
      () => undefined, // who asked hears of it
    );
    return asked;
  }

  async function askNow<R extends pg.QueryResultRow>(
    which: Promise<pg.Client>,
    text: string,
    values: unknown[],
  ): Promise<R[]> {
    const client = await which;
    const sentAt = performance.now();
    try {
      const { rows } = await client.query<R>(text, values);
      if (connection === which) aliveAt = sentAt;
      return rows;
    } catch (error) {
      // Without an answer nobody knows which locks the session took: it must end.
      if (!(error instanceof pg.DatabaseError))
        lost(which, client, error instanceof Error ? error : undefined);
      throw error;
    }
  }

  function schedule(): void {
    clearTimeout(timer);
    if (wishes.size === 0 || rounding || stopped) return;
    const nextAt = Math.min(...[...wishes].map((wish) => wish.dueAt));
    timer = setTimeout(() => void round(), Math.max(0, nextAt - performance.now()));
  }

  /** Tries the locks of all whose time has come, in one statement. */
  async function round(): Promise<void> {
    rounding = true;
    const now = performance.now();
    const due = [...wishes].filter((wish) => wish.dueAt <= now).slice(0, MAX_AT_ONCE);
    try {
      usedAt = now;
      const which = open();
      const rows = await ask<{ portal_id: string; result: 'claimed' | 'changed' | 'busy' }>(
        which,
        'SELECT portal_id, result FROM claim_token_refreshes($1::bigint[], $2::int[])',
        [due.map((wish) => wish.portalId), due.map((wish) => wish.version)],
      );
      const results = new Map(rows.map((row) => [Number(row.portal_id), row.result]));
      for (const wish of due) {
        const result = results.get(wish.portalId);
        if (result === 'busy' || result === undefined) {
          wish.tries += 1;
          const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, wish.tries - 1));
          wish.dueAt = performance.now() + pauseMs * (0.5 + Math.random() / 2);
        } else {
          if (result === 'claimed' && connection !== which) continue; // lost in this moment: tried again
          if (result === 'claimed') held.add(wish.portalId);
          if (!wishes.delete(wish))
            release(wish.portalId); // nobody waits for it any more
          else wish.settle(result);
        }
      }
    } catch (cause) {
      const error = new AppError('unavailable', 'The database cannot be asked who refreshes the token', {
        cause,
      });
      for (const wish of due) if (wishes.delete(wish)) wish.settle(error);
    } finally {
      rounding = false;
      schedule();
    }
  }

  function release(portalId: number): void {
    if (!held.delete(portalId) || !connection) return;
    usedAt = performance.now();
    ask(connection, `SELECT pg_advisory_unlock(hashtextextended('token/' || $1::bigint, 0))`, [
      portalId,
    ]).catch((error: unknown) =>
      logger.warn('A lock of a token could not be let go; it goes with its connection', { portalId, error }),
    );
  }

  return {
    claim(portalId, version, signal) {
      return new Promise((resolve, reject) => {
        if (stopped || signal?.aborted) return reject(new AppError('unavailable', 'The process is stopping'));
        const give = () => {
          if (wishes.delete(wish))
            reject(new AppError('unavailable', 'Somebody else is refreshing the token'));
        };
        const wish: Wish = {
          portalId,
          version,
          dueAt: 0,
          tries: 0,
          settle(result) {
            signal?.removeEventListener('abort', give);
            if (result instanceof Error) reject(result);
            else resolve(result);
          },
        };
        signal?.addEventListener('abort', give, { once: true });
        wishes.add(wish);
        schedule();
      });
    },
    holds: (portalId) => held.has(portalId) && performance.now() - aliveAt < sureMs,
    release,
    async stop() {
      stopped = true;
      clearInterval(beat);
      clearTimeout(timer);
      for (const wish of [...wishes]) {
        wishes.delete(wish);
        wish.settle(new AppError('unavailable', 'The process is stopping'));
      }
      await close();
    },
  };
}
