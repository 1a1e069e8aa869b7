import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { ADVISORY_LOCKS, unlock } from '../../src/db/advisoryLocks.js';
import { migrate } from '../../src/db/migrate.js';
import '../../src/db/pool.js'; // bigints as text, as in production
import { Secret } from '../../src/platform/secret.js';

/** The login that tests use: a member of `sluice_app` and nothing more, so that a missing privilege fails a test. */
const APP_LOGIN = 'sluice_test';

export interface TestDatabase {
  readonly name: string;
  /** As the application connects. */
  readonly url: Secret;
  /** As migrations connect. */
  readonly adminUrl: Secret;
  /** A pool of the application's role. */
  readonly pool: pg.Pool;
  /** A pool of the owner, for what the application may not do. */
  readonly admin: pg.Pool;
  drop(): Promise<void>;
}

/**
 * A migrated database of its own, cloned in some 20 ms from a template that is made once per state of `migrations/`.
 * `TEST_DATABASE_ADMIN_URL` names a superuser of any Postgres ≥ 14; `npm test` starts one.
 */
export async function createTestDatabase(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  const server = serverUrl();
  const name = `sluice_test_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`;
  await withClient(server, async (client) => {
    const template = await ensureTemplate(client, server);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  // As if it had been made here: a copy takes another installation id, and numbers far above.
  await withClient(onDatabase(server, name), (client) =>
    client.query(
      `UPDATE installations SET place = installation_place(), id = left(replace(gen_random_uuid()::text, '-', ''), 12)`,
    ),
  );

  const adminUrl = onDatabase(server, name);
  const url = asAppLogin(adminUrl);
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize ?? 5, options: '-c jit=off' });
  const admin = new pg.Pool({ connectionString: adminUrl, max: 2 });
  for (const one of [pool, admin]) one.on('error', ignoreEndOfIdleConnection);
  return {
    name,
    url: new Secret(url),
    adminUrl: new Secret(adminUrl),
    pool,
    admin,
    async drop() {
      await Promise.all([pool.ended ? undefined : pool.end(), admin.end()]);
      await withClient(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_ADMIN_URL;
  if (url) return url;
  throw new Error(
    'TEST_DATABASE_ADMIN_URL is not set: give it a Postgres superuser, or run the tests with `npm test`',
  );
}

/** Makes the template of the migrations as they are now, unless it is there. Returns its name. */
async function ensureTemplate(client: pg.Client, server: string): Promise<string> {
  // Of this day: its partitions begin with the day on which it was made.
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const name = `sluice_template_${await fingerprint()}_${day}`;
  await client.query(`SELECT pg_advisory_lock(${ADVISORY_LOCKS.testTemplate})`);
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [
      name,
    ]);
    if (found.rowCount) return name;
    await client.query(`DROP DATABASE IF EXISTS ${name}`); // a killed run may have left an incomplete one
    await client.query(`CREATE DATABASE ${name}`);
    await ensureAppLogin(client);
    const url = onDatabase(server, name);
    await migrate({ adminUrl: new Secret(url), appUrl: new Secret(asAppLogin(url)) });
    // No connection is allowed any more: a database in use cannot be cloned.
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
    return name;
  } finally {
    await unlock(client, ADVISORY_LOCKS.testTemplate);
  }
}

async function ensureAppLogin(client: pg.Client): Promise<void> {
  await client.query(`DO $$ BEGIN
    CREATE ROLE ${APP_LOGIN} LOGIN PASSWORD '${APP_LOGIN}' NOSUPERUSER NOBYPASSRLS;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`);
}

async function fingerprint(): Promise<string> {
  const folder = path.resolve(import.meta.dirname, '../../migrations');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.sql')).sort();
  const hash = createHash('sha256');
  for (const name of ['migrate', 'partitions', 'tableMigrations'])
    hash.update(await readFile(path.resolve(import.meta.dirname, `../../src/db/${name}.ts`)));
  for (const name of names) hash.update(name).update(await readFile(path.join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

function onDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

function asAppLogin(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.username = APP_LOGIN;
  url.password = APP_LOGIN;
  return url.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A test may end connections (a restart, DROP … FORCE); without a listener that would end the test process. */
function ignoreEndOfIdleConnection(): void {}
