import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Secret } from '../../platform/secret.js';
import { inOneTransaction, PATIENCE, withLockPatience, type LockPatience } from '../lockPatience.js';
import { settleSession } from '../session.js';

const FILE = path.resolve(import.meta.dirname, '../../../migrations/outbox/inbox.sql');

/** What an application's database needs, as SQL. It may run any number of times. */
export function inboxSql(): Promise<string> {
  return readFile(FILE, 'utf8');
}

/** Makes the inbox in a database of the application's, beside its captures. Returns the database's name. */
export async function installInbox(url: Secret, patience: LockPatience = PATIENCE): Promise<string> {
  const client = new pg.Client({
    connectionString: url.reveal(),
    application_name: 'sluice-outbox-install',
    connectionTimeoutMillis: 5000,
  });
  await client.connect();
  try {
    await settleSession(client, { statementTimeoutMs: 0, database: 'foreign' });
    const sql = await inboxSql();
    await withLockPatience(client, patience, 'Making the inbox', () =>
      inOneTransaction(client, async () => void (await client.query(sql))),
    );
    return client.database ?? '';
  } finally {
    await client.end();
  }
}
