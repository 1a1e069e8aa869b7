import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startServices } from '../../scripts/lib/services.mjs';
import { createDatabase } from '../../test/support/servers.js';

/** A Postgres of the benchmark's own, fsync on, with a migrated database. */
export interface BenchDatabase {
  readonly admin: pg.Pool;
  /** As a superuser of the whole server. */
  readonly serverUrl: string;
  /** As the application connects. */
  readonly url: string;
  /** Connections of the application's role, as the service has them. */
  pool(size: number): pg.Pool;
  stop(): Promise<void>;
}

export async function startBenchDatabase(): Promise<BenchDatabase> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const services = await startServices({ dir, durable: true, temporal: false });
  const serverUrl = services.env.DATABASE_ADMIN_URL;
  if (serverUrl === undefined) throw new Error('Postgres was started and says no address');
  const database = await createDatabase(serverUrl);
  const pools: pg.Pool[] = [];
  const open = (connectionString: string, max: number) => {
    const pool = new pg.Pool({ connectionString, max, options: '-c jit=off' });
    // What fails is told by its statement; that the server ends before an idle connection does is nothing to tell.
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  };
  return {
    admin: open(database.adminUrl, 4),
    serverUrl,
    url: database.url,
    pool: (size) => open(database.url, size),
    async stop() {
      for (const pool of pools) await pool.end();
      await services.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
