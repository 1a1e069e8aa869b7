import pg from 'pg';
import type { Config } from '../platform/config/config.js';
import type { Logger } from '../platform/logger.js';
import { KEEP_ALIVE } from './pool.js';
import { settleSession } from './session.js';

const REOPEN_MS = 1000;

/**
 * LISTEN on a connection of its own, made again when it breaks. A notification is a hint: the listener must find
 * out by other means what was notified while its connection was lost.
 */
export function listen(
  config: Pick<Config, 'DATABASE_URL'>,
  channel: string,
  { logger, heard }: { logger: Logger; heard: (payload: string) => void },
): { stop(): Promise<void> } {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: config.DATABASE_URL.reveal(),
      application_name: `sluice-listen-${channel}`,
      ...KEEP_ALIVE,
    });
    client = fresh;
    const reopen = (error?: Error): void => {
      if (stopped || client !== fresh) return;
      client = undefined;
      logger.warn('A database listener was lost; it is opened again', { channel, error });
      timer = setTimeout(() => void connect(), REOPEN_MS);
    };
    fresh.on('error', reopen);
    fresh.on('end', () => reopen());
    fresh.on('notification', ({ payload }) => {
      if (payload) heard(payload);
    });
    try {
      await fresh.connect();
      await settleSession(fresh, { statementTimeoutMs: 0 });
      await fresh.query(`LISTEN ${fresh.escapeIdentifier(channel)}`);
    } catch (error) {
      reopen(error instanceof Error ? error : new Error(String(error)));
    }
  }
  void connect();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
