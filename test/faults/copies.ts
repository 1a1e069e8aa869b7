import { rmSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { runCommand } from '../../scripts/lib/child.mjs';
import { migrate } from '../../src/db/migrate.js';
import { Secret } from '../../src/platform/secret.js';
import type { Stack } from '../support/stack.js';

/*
 * Backups, and what comes of putting one back: a service of a later time on the data of an earlier one. Those that
 * need a tool (pg_dump) are made by the server itself, since the tests have no more of Postgres than the server.
 */

export interface Copy {
  /** The server has the copy in place of its own data. Its clients run on, unless it is said that they may not. */
  putBack(): Promise<void>;
}

/** A snapshot of the disk of Postgres, which stops for as long as the copy takes: the same server and database. */
export async function copyPostgres(stack: Stack): Promise<Copy> {
  const services = stack.services!;
  return copyOf(services.postgres!.data, () => services.postgres!);
}

/** The same of Temporal: its server stops for as long as the copy takes. */
export async function copyTemporal({ dir, services }: Stack): Promise<Copy> {
  return copyOf(path.join(dir, 'servers', 'temporal'), () => services!.temporal!);
}

/**
 * What a dump and a load come to: every row in a database that is another one, under the old name. Nobody may be
 * connected, neither now nor when it is put back.
 */
export async function copyDatabase(stack: Stack): Promise<Copy> {
  const url = new URL(stack.databaseAdminUrl);
  const name = url.pathname.slice(1);
  const kept = `${name}_kept`;
  url.pathname = '/postgres';
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const alone = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
  await run(alone, `CREATE DATABASE ${kept} TEMPLATE ${name}`);
  return {
    putBack: () => run(`DROP DATABASE ${name} WITH (FORCE)`, `ALTER DATABASE ${kept} RENAME TO ${name}`),
  };
}

/** As docs/operations.md says: after a restore, before anything runs. */
export async function migrateRestored({ env, databaseAdminUrl }: Stack): Promise<void> {
  await migrate({ adminUrl: new Secret(databaseAdminUrl), appUrl: new Secret(env.DATABASE_URL ?? '') });
}

/** What the operator says then: the command that docs/operations.md names. */
export async function sayRestored({ env, databaseAdminUrl }: Stack): Promise<void> {
  await runCommand(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'installation', 'restored'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: env.DATABASE_URL,
      DATABASE_ADMIN_URL: databaseAdminUrl,
      TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: env.TEMPORAL_NAMESPACE,
    },
    what: 'npx sluice installation restored',
  });
}

/** What judges read, and the column by which they know a row. */
const JUDGED = {
  outbox_history: 'id',
  execution_keys: 'callback_id',
  execution_history: 'callback_id',
} as const;

/**
 * What a restore loses is HubSpot's still, and counts for the judges: keeps it, and puts back what is not there when
 * all is over.
 */
export async function keepForJudges({ pool }: Stack): Promise<{ putBack(): Promise<void> }> {
  const kept = new Map<string, unknown>();
  for (const table of Object.keys(JUDGED)) {
    const { rows } = await pool.query<{ all: unknown }>(
      `SELECT coalesce(json_agg(t), '[]') AS all FROM ${table} t`,
    );
    kept.set(table, rows[0]!.all);
  }
  return {
    async putBack() {
      for (const [table, column] of Object.entries(JUDGED))
        await pool.query(
          `INSERT INTO ${table} SELECT k.* FROM json_populate_recordset(NULL::${table}, $1) k
            WHERE NOT EXISTS (SELECT FROM ${table} t WHERE t.${column} = k.${column})`,
          [JSON.stringify(kept.get(table))],
        );
    },
  };
}

interface Server {
  readonly child: { stop(): Promise<boolean>; kill(): Promise<void> };
  restart(): Promise<void>;
}

async function copyOf(files: string, server: () => Server): Promise<Copy> {
  const kept = `${files}.copy`;
  /** With owners and links, which Postgres insists on. */
  const replace = async (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true });
    await runCommand('cp', ['-a', from, to], { what: 'copying the files of a server' });
  };
  await server().child.stop();
  await replace(files, kept);
  await server().restart();
  return {
    async putBack() {
      await server().child.kill();
      await replace(kept, files);
      await server().restart();
    },
  };
}
