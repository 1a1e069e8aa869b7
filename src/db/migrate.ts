import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyTables } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import type { Secret } from '../platform/secret.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');
const RETURNS_SOMETHING_ELSE = '42P13'; // invalid_function_definition
const LOCK = 7_526_478_923; // one migration at a time, over all processes; the number means nothing

/**
 * Brings the database to this version: tables (drizzle's files, expand/contract), then the functions, which are
 * replaced as a whole. Safe to run from many processes at once; drizzle's own migrator takes no lock (drizzle-orm#874).
 */
export async function migrate(options: { adminUrl: Secret; appUrl: Secret }): Promise<{ functions: number }> {
  const client = new pg.Client({
    connectionString: options.adminUrl.reveal(),
    application_name: 'sluice-migrate',
  });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await applyTables(drizzle(client), { migrationsFolder: MIGRATIONS });
    await client.query(await readFile(path.join(MIGRATIONS, 'outbox/inbox.sql'), 'utf8'));
    const functions = await applyFunctions(client);
    await client.query(await readFile(path.join(MIGRATIONS, 'outbox/views.sql'), 'utf8'));
    await client.query(`SELECT ensure_daily_partitions('execution_history', 'finished_at', 2, 36500)`);
    await client.query(`SELECT ensure_daily_partitions('request_log', 'at', 2, 36500)`);
    await client.query(`SELECT ensure_daily_partitions('outbox_history', 'processed_at', 2, 36500)`);
    await client.query('SELECT isolate_tenants()');
    await admitAppRole(client, options.appUrl);
    return { functions };
  } finally {
    await client.end();
  }
}

async function applyFunctions(client: pg.Client): Promise<number> {
  const folder = path.join(MIGRATIONS, 'functions');
  const byName = (a: string, b: string) => path.basename(a).localeCompare(path.basename(b));
  const files = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.sql'))
    .sort(byName);
  await client.query('BEGIN');
  for (const file of files) {
    const text = await readFile(path.join(folder, file), 'utf8');
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
  await client.query('COMMIT');
  return files.length;
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
