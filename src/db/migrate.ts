import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Secret } from '../platform/secret.js';
import { inOneTransaction, PATIENCE, withLockPatience, type LockPatience } from './lockPatience.js';
import { applyTableMigrations } from './tableMigrations.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');
const RETURNS_SOMETHING_ELSE = '42P13'; // invalid_function_definition
const LOCK = 7_526_478_923; // the number means nothing
const TURN_POLL_MS = 200;

/**
 * Brings the database to this version: tables (drizzle's files, expand/contract), then the functions, which are
 * replaced as a whole. Safe beside traffic, and to run from many processes at once.
 */
export async function migrate(options: {
  adminUrl: Secret;
  appUrl: Secret;
  /** Where the migrations lie. */
  folder?: string;
  patience?: LockPatience;
}): Promise<{ functions: number }> {
  const { folder = MIGRATIONS, patience = PATIENCE } = options;
  const client = new pg.Client({
    connectionString: options.adminUrl.reveal(),
    application_name: 'sluice-migrate',
  });
  await client.connect();
  const patiently = <T>(what: string, step: () => Promise<T>) =>
    withLockPatience(client, patience, what, step);
  const runFile = async (name: string) => {
    const text = await readFile(path.join(folder, name), 'utf8');
    await patiently(name, () => client.query(text));
  };
  try {
    await takeTurn(client);
    await applyTableMigrations(client, folder, patience);
    await runFile('outbox/inbox.sql');
    const functions = await patiently('Replacing the functions', () => applyFunctions(client, folder));
    await runFile('outbox/views.sql');
    await client.query(`SELECT ensure_daily_partitions('execution_history', 'finished_at', 2, 36500)`);
    await client.query(`SELECT ensure_daily_partitions('request_log', 'at', 2, 36500)`);
    await client.query(`SELECT ensure_daily_partitions('outbox_history', 'processed_at', 2, 36500)`);
    await patiently('Isolating tenants', () => client.query('SELECT isolate_tenants()'));
    await admitAppRole(client, options.appUrl);
    return { functions };
  } finally {
    await client.end();
  }
}

/**
 * One migration at a time, over all processes. Asked for again and again: a statement that waits for the lock would be
 * a transaction for whose end CREATE INDEX CONCURRENTLY waits, so that the two would wait for each other.
 */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [LOCK]);
    if (rows[0]?.got) return;
    await delay(TURN_POLL_MS);
  }
}

async function applyFunctions(client: pg.Client, root: string): Promise<number> {
  const folder = path.join(root, 'functions');
  const byName = (a: string, b: string) => path.basename(a).localeCompare(path.basename(b));
  const files = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.sql'))
    .sort(byName);
  await inOneTransaction(client, async () => {
    for (const file of files) await applyFunction(client, path.join(folder, file));
  });
  return files.length;
}

async function applyFunction(client: pg.Client, file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await client.query('SAVEPOINT one');
  try {
    await client.query(text);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== RETURNS_SOMETHING_ELSE) throw error;
    // CREATE OR REPLACE cannot change what a function returns. Released functions get a new name instead
    // (docs/decisions/0004).
    await client.query('ROLLBACK TO SAVEPOINT one');
    await client.query(`DROP FUNCTION ${client.escapeIdentifier(path.basename(file, '.sql'))}`);
    await client.query(text);
  }
}

/** Makes the login that the application uses a member of the role that may use the tables. */
async function admitAppRole(client: pg.Client, appUrl: Secret): Promise<void> {
  await client.query('GRANT USAGE ON SCHEMA drizzle TO sluice_app');
  await client.query('GRANT SELECT ON drizzle.__drizzle_migrations TO sluice_app'); // readiness compares versions
  const login = decodeURIComponent(new URL(appUrl.reveal()).username);
  const { rows } = await client.query<{ super: boolean }>(
    'SELECT rolsuper AS super FROM pg_roles WHERE rolname = $1',
    [login],
  );
  if (rows[0] && !rows[0].super) await client.query(`GRANT sluice_app TO ${client.escapeIdentifier(login)}`);
}

/**
 * The newest table migration that this code knows, and the newest that the database has: equal when it is up to date.
 */
export async function migrationState(
  pool: Pick<pg.Pool, 'query'>,
): Promise<{ known: number; applied: number }> {
  const journal = JSON.parse(await readFile(path.join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  const known = Math.max(0, ...journal.entries.map((entry) => entry.when));
  const { rows } = await pool.query<{ applied: string | null }>(
    'SELECT max(created_at) AS applied FROM drizzle.__drizzle_migrations',
  );
  return { known, applied: Number(rows[0]?.applied ?? 0) };
}
