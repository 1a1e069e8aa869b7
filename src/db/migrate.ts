import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../platform/errors.js';
import type { Secret } from '../platform/secret.js';
import { ADVISORY_LOCKS, lockHolder, tryLock } from './advisoryLocks.js';
import { admitLogins, admitSystem, denyConnections, denyFunctions, ensureRoles } from './defaultDeny.js';
import { inOneTransaction, PATIENCE, withLockPatience, type LockPatience } from './lockPatience.js';
import { requireOwnersRights } from './ownerRights.js';
import { adviceOnVersion } from './serverVersion.js';
import { settleSession } from './session.js';
import { refuseSharedSessions } from './sharedSessions.js';
import { keepPartitions, PARTITIONED } from './partitions.js';
import { applyTableMigrations } from './tableMigrations.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');
const RETURNS_SOMETHING_ELSE = '42P13'; // invalid_function_definition
/** How long another migration is waited for. */
const TURN_MS = 10 * 60_000;
const TURN_POLL_MS = 200;
/** What is old is the worker's business, which knows the settings. */
const KEEP_ALL_DAYS = 36_500;

/**
 * Brings the database to this version: tables (drizzle's files, expand/contract), then the functions, which are
 * replaced as a whole. Safe beside traffic, and to run from many processes at once.
 */
export async function migrate(options: {
  adminUrl: Secret;
  /** The login of the API, and of the worker where that has none of its own. */
  appUrl: Secret;
  workerUrl?: Secret | undefined;
  /** Where the migrations lie. */
  folder?: string;
  patience?: LockPatience;
  /** Is told what a person should know, and what it waits for. */
  say?: (words: string) => void;
}): Promise<{ functions: number }> {
  const { say = () => {} } = options;
  const { folder = MIGRATIONS, patience = { ...PATIENCE, onWait: say } } = options;
  await refuseSharedSessions(options.adminUrl, 'DATABASE_ADMIN_URL');
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
    await settleSession(client, { statementTimeoutMs: 0 });
    await requireOwnersRights(client);
    const version = await client.query<{ num: number }>(
      "SELECT current_setting('server_version_num')::int AS num",
    );
    const advice = adviceOnVersion(version.rows[0]?.num ?? 0);
    if (advice !== undefined) say(advice);
    await takeTurn(client, say);
    await applyTableMigrations(client, folder, patience);
    await ensureRoles(client);
    const functions = await patiently('Replacing the functions', () => applyFunctions(client, folder));
    await runFile('crm/schema.sql');
    await runFile('outbox/views.sql');
    await runFile('portals/views.sql');
    for (const table of Object.keys(PARTITIONED))
      await patiently(`Making partitions of ${table}`, () => keepPartitions(client, table, KEEP_ALL_DAYS));
    await patiently('Isolating tenants', () => client.query('SELECT isolate_tenants()'));
    await client.query(
      `SELECT adopt_installation(NULL, 'The database was made', 0) WHERE NOT EXISTS (SELECT FROM installations)`,
    );
    await admitLogins(client, options);
    const open = await denyConnections(client);
    if (open !== undefined) say(open);
    return { functions };
  } finally {
    await client.end();
  }
}

/**
 * One migration at a time, over all processes. Asked for again and again: a statement that waits for the lock would be
 * a transaction for whose end CREATE INDEX CONCURRENTLY waits, so that the two would wait for each other.
 */
async function takeTurn(client: pg.Client, say: (words: string) => void): Promise<void> {
  const deadline = performance.now() + TURN_MS;
  for (let told = false; !(await tryLock(client, ADVISORY_LOCKS.migration)); told = true) {
    const late = performance.now() > deadline;
    if (late || !told) {
      const holder = await lockHolder(client, ADVISORY_LOCKS.migration);
      const running = `Another migration is running: ${holder ?? 'it has ended just now'}.`;
      if (late)
        throw new AppError('conflict', `${running} Nothing was changed; run this again when it has ended.`);
      say(`${running} Waiting for its end.`);
    }
    await delay(TURN_POLL_MS);
  }
}

async function applyFunctions(client: pg.Client, root: string): Promise<number> {
  const folder = path.join(root, 'functions');
  const byName = (a: string, b: string) => path.basename(a).localeCompare(path.basename(b));
  const files = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.sql'))
    .sort(byName);
  const inbox = await readFile(path.join(root, 'outbox/inbox.sql'), 'utf8');
  const names = files.map((file) => path.basename(file, '.sql'));
  await inOneTransaction(client, async () => {
    await denyFunctions(client, names);
    await client.query(inbox);
    for (const file of files) await applyFunction(client, path.join(folder, file));
    await admitSystem(client, names);
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
