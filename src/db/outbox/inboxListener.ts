import pg from 'pg';
import type { Config } from '../../config.js';
import type { Queryable } from '../pool.js';

/** A connection of its own, on which the collector hears of captures, and under whose lock it sleeps. */
export type InboxListener = Queryable & { end(): Promise<void> };

/** `onHint` is called when something was captured, and when the connection is lost: then the next statement says so. */
export async function listenToInbox(
  config: Pick<Config, 'DATABASE_URL'>,
  onHint: () => void,
): Promise<InboxListener> {
  const client = new pg.Client({
    connectionString: config.DATABASE_URL.reveal(),
    application_name: 'sluice-outbox-collector',
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
  });
  client.on('error', onHint);
  client.on('notification', onHint);
  await client.connect();
  await client.query('LISTEN sluice_outbox');
  return client;
}
