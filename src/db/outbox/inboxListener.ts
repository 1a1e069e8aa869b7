import pg from 'pg';
import type { Secret } from '../../platform/secret.js';
import type { Queryable } from '../pool.js';

/** A connection of its own, on which the dispatcher hears of captures, and under whose lock it sleeps. */
export type InboxListener = Queryable & { end(): Promise<void> };

/** `onHint` is called when something was captured, and when the connection is lost: then the next statement says so. */
export async function listenToInbox(url: Secret, onHint: () => void): Promise<InboxListener> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    application_name: 'sluice-outbox-dispatcher',
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
  });
  client.on('error', onHint);
  client.on('notification', onHint);
  await client.connect();
  await client.query('LISTEN sluice_outbox');
  return {
    query: client.query.bind(client),
    async end() {
      // Over a connection that goes nowhere the farewell is never answered.
      const timer = setTimeout(() => streamOf(client)?.destroy(), END_MS);
      try {
        await client.end();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const END_MS = 1000;

function streamOf(client: pg.Client): { destroy(): void } | undefined {
  return (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
}
