import { readMigrationFiles } from 'drizzle-orm/migrator';
import type pg from 'pg';
import { inOneTransaction, withLockPatience, type LockPatience } from './lockPatience.js';

/**
 * The first line of a migration file whose statements run one by one, each outside of a transaction: what Postgres
 * wants for CREATE INDEX CONCURRENTLY. Such a file may be cut short between two statements and is run again from its
 * beginning, so each of them must be safe to repeat; indexes are by themselves (`buildIndex`).
 */
export const WITHOUT_TRANSACTION = '-- Without a transaction';

type Migration = ReturnType<typeof readMigrationFiles>[number];

const CREATES_INDEX = /CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"(\w+)" ON "(\w+)"/;

/**
 * Applies the migrations of the tables that the database does not have yet, in their order: each file in a transaction
 * of its own, or statement by statement where its first line says so. They are recorded where drizzle's migrator did.
 * That one runs all files in one transaction, without a lock time-out (drizzle-orm#874).
 */
export async function applyTableMigrations(
  client: pg.Client,
  folder: string,
  patience: LockPatience,
): Promise<void> {
  await client.query('CREATE SCHEMA IF NOT EXISTS drizzle');
  await client.query(
    `CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (
       id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
  );
  const { rows } = await client.query<{ applied: string | null }>(
    'SELECT max(created_at) AS applied FROM drizzle.__drizzle_migrations',
  );
  const applied = Number(rows[0]?.applied ?? 0);
  const pending = readMigrationFiles({ migrationsFolder: folder }).filter(
    (one) => one.folderMillis > applied,
  );
  for (const migration of pending) {
    if (migration.sql[0]?.startsWith(WITHOUT_TRANSACTION)) {
      for (const statement of migration.sql) await runAlone(client, statement, patience);
      await record(client, migration);
    } else {
      await withLockPatience(client, patience, 'A migration of the tables', () =>
        inOneTransaction(client, async () => {
          for (const statement of migration.sql) await client.query(statement);
          await record(client, migration);
        }),
      );
    }
  }
}

async function record(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
    migration.hash,
    migration.folderMillis,
  ]);
}

/** Waits for as long as it takes: what runs outside of a transaction takes no lock that holds up reads or writes. */
async function runAlone(client: pg.Client, statement: string, patience: LockPatience): Promise<void> {
  const [, index, table] = CREATES_INDEX.exec(statement) ?? [];
  if (index === undefined || table === undefined) await client.query(statement);
  else if (await isPartitioned(client, table))
    await buildPartitionedIndex(client, index, table, statement, patience);
  else await buildIndex(client, index, statement);
}

async function isPartitioned(client: pg.Client, table: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'p'`,
    [table],
  );
  return (rowCount ?? 0) > 0;
}

/**
 * Postgres builds no index of a partitioned table concurrently. The parent gets an empty one, which new partitions
 * follow; those that are there get theirs concurrently, and with the last that is attached the parent's is valid.
 * Attaching one locks the indexes alone.
 */
async function buildPartitionedIndex(
  client: pg.Client,
  index: string,
  table: string,
  statement: string,
  patience: LockPatience,
): Promise<void> {
  const on = `ON "${table}"`;
  // Writers of the table wait while this waits for them, however empty the index is.
  await withLockPatience(client, patience, `An index of ${table}`, () =>
    client.query(
      statement
        .replace(/INDEX CONCURRENTLY (?:IF NOT EXISTS )?/, 'INDEX IF NOT EXISTS ')
        .replace(on, `ON ONLY "${table}"`),
    ),
  );
  const { rows } = await client.query<{ partition: string }>(
    `SELECT c.relname AS partition FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass($1) AND NOT EXISTS (
        SELECT FROM pg_index x JOIN pg_inherits p ON p.inhrelid = x.indexrelid
         WHERE x.indrelid = c.oid AND p.inhparent = to_regclass($2))`,
    [table, index],
  );
  for (const { partition } of rows) {
    const own = `${partition}_${index.replace(`${table}_`, '')}`;
    const build = statement.replace(`"${index}"`, `"${own}"`).replace(on, `ON "${partition}"`);
    await buildIndex(client, own, build);
    await client.query(`ALTER INDEX "${index}" ATTACH PARTITION "${own}"`);
  }
}

/** A build that was cut short leaves an index that is kept up and never used: it is dropped and built anew. */
async function buildIndex(client: pg.Client, name: string, statement: string): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (rows[0]?.valid) return;
  if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY ${client.escapeIdentifier(name)}`);
  await client.query(statement);
}
