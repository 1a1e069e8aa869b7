import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Secret } from '../../platform/secret.js';
import { settleSession } from '../session.js';

const FILE = path.resolve(import.meta.dirname, '../../../migrations/outbox/inbox.sql');

/** What an application's database needs, as SQL. It may run any number of times. */
export function inboxSql(): Promise<string> {
  return readFile(FILE, 'utf8');
}

/** Makes the inbox in a database of the application's. Returns the database's name. */
export async function installInbox(url: Secret): Promise<string> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    application_name: 'sluice-outbox-install',
    connectionTimeoutMillis: 5000,
  });
  await client.connect();
  try {
    await settleSession(client, { statementTimeoutMs: 0, database: 'foreign' });
    await client.query('BEGIN');
    await client.query(await inboxSql());
    await client.query('COMMIT');
    return client.database ?? '';
  } finally {
    await client.end();
  }
}
