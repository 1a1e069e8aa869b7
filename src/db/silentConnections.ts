import type { Socket } from 'node:net';
import pg from 'pg';
import type { Logger } from '../platform/logger.js';

/*
 * A network that swallows what is sent ends no connection. A statement over such a one would wait for its whole
 * time-out, one caller after the other, and what its transaction had locked would stay locked for hours. So where a
 * statement is not answered, the server is asked over a new connection whether it works on it; if not, the old one is
 * ended on both sides, and with it those that have been idle since.
 */

/** pg's message when the answer to a statement has not come in time. */
export const QUERY_TIMEOUT = 'Query read timeout';

const LOOK_MS = 500;
/** Our statements take milliseconds: where nothing has come for so long, somebody should ask. */
const SILENT_MS = 2000;
const ASK_TIMEOUT_MS = 2000;
const SILENT_WORDS = 'Connection terminated: the network swallows what runs over it';

/** A connection in use. What pg knows of it and does not type: `readyForQuery` is false while an answer is awaited. */
type InUse = pg.PoolClient & { readonly readyForQuery: boolean };

interface Heard {
  /** Monotonic: when it was last seen to be answered, or to wait for nothing. */
  at: number;
  bytes: number;
}

interface Options {
  /** When pg gives up a statement by itself. */
  readonly queryTimeoutMs: number;
  /** A new connection to the same server. */
  readonly connection: pg.ClientConfig;
  /** The server process of a connection. */
  readonly pidOf: (client: pg.ClientBase) => number | undefined;
  readonly logger: Logger;
}

export function endSilentConnections(
  pool: pg.Pool,
  { queryTimeoutMs, connection, pidOf, logger }: Options,
): void {
  const inUse = new Map<InUse, Heard>();
  /** Since when each one has been idle (monotonic). */
  const idle = new Map<pg.PoolClient, number>();
  let looking: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  let asking = false;

  const pidsOf = (clients: readonly InUse[]) => clients.flatMap((client) => pidOf(client) ?? []);
  const bytesOf = (client: pg.PoolClient) => (client.connection.stream as Socket).bytesRead;

  pool.on('acquire', (client) => {
    idle.delete(client);
    inUse.set(client as InUse, { at: performance.now(), bytes: bytesOf(client) });
    if (looking) return;
    lookedAt = performance.now();
    looking = setInterval(look, LOOK_MS).unref();
  });
  pool.on('remove', (client) => {
    idle.delete(client);
    inUse.delete(client as InUse);
  });
  pool.on('release', (error: unknown, client) => {
    inUse.delete(client as InUse);
    if (!error) idle.set(client, performance.now());
    else if (error instanceof Error && error.message === QUERY_TIMEOUT)
      endIdle(performance.now() - queryTimeoutMs);
  });

  function look(): void {
    if (inUse.size === 0) {
      clearInterval(looking);
      looking = undefined;
      return;
    }
    const now = performance.now();
    // Where this process itself stood still, answers lie about that it has not read yet.
    const stoodStill = now - lookedAt > 2 * LOOK_MS;
    lookedAt = now;
    for (const [client, heard] of inUse)
      if (stoodStill || client.readyForQuery || bytesOf(client) !== heard.bytes)
        inUse.set(client, { at: now, bytes: bytesOf(client) });
    if (!asking && silentOnes().length > 0) void ask();
  }

  function silentOnes(): InUse[] {
    const before = performance.now() - SILENT_MS;
    return [...inUse].flatMap(([client, { at, bytes }]) =>
      at < before && !client.readyForQuery && bytesOf(client) === bytes ? [client] : [],
    );
  }

  async function ask(): Promise<void> {
    asking = true;
    const asker = new pg.Client({
      ...connection,
      connectionTimeoutMillis: ASK_TIMEOUT_MS,
      query_timeout: ASK_TIMEOUT_MS,
    });
    asker.on('error', (error) => logger.debug('The connection that asks about others was lost', { error }));
    try {
      await asker.connect();
      const idlers = await withoutWork(asker, pidsOf(silentOnes()));
      // Those that were answered meanwhile are not among them any more.
      const dead = silentOnes().filter((client) => idlers.includes(pidOf(client) ?? 0));
      if (dead.length > 0) await end(asker, dead);
    } catch (error) {
      // The server itself does not answer: then time-outs end the statements.
      logger.debug('Nobody could be asked why a statement is not answered', { error });
    } finally {
      // Not waited for: a network that swallows the farewell would keep all later ones from being asked about.
      asker
        .end()
        .catch((error: unknown) =>
          logger.debug('The connection that asks was not ended in order', { error }),
        );
      setTimeout(() => void (asking = false), SILENT_MS).unref();
    }
  }

  async function end(asker: pg.Client, dead: readonly InUse[]): Promise<void> {
    const since = Math.min(...dead.map((client) => inUse.get(client)?.at ?? Infinity));
    // First at the server: what was on its way cannot take effect any more after its caller was told that it failed.
    await asker.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS u (pid)', [pidsOf(dead)]);
    for (const client of dead) client.connection.stream.destroy(new Error(SILENT_WORDS));
    endIdle(since);
    logger.warn('Database connections went silent; they are replaced', { connections: dead.length });
  }

  /** Those that have been idle since before then have most likely gone the same way. */
  function endIdle(before: number): void {
    // The pool takes out an idle connection whose socket fails.
    for (const [client, since] of [...idle])
      if (since < before) client.connection.stream.destroy(new Error(SILENT_WORDS));
  }
}

/**
 * Of these server processes, those that wait for a statement: it never arrived, or its answer did not. One that is gone
 * is not among them.
 */
async function withoutWork(asker: pg.Client, pids: readonly number[]): Promise<number[]> {
  const { rows } = await asker.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
      WHERE pid = ANY ($1::int[]) AND datname = current_database() AND usename = session_user
        AND state LIKE 'idle%' AND state_change < clock_timestamp() - interval '1 second'`,
    [pids],
  );
  return rows.map(({ pid }) => pid);
}
