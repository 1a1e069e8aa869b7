import { createPool, type Pool } from '../db/pool.js';
import { createLogger } from '../platform/logger.js';
import type { DatabaseEnvironment } from './environment.js';

/** The database as its owner sees it: across all workspaces. */
export async function asOperator<T>(
  env: Pick<DatabaseEnvironment, 'DATABASE_ADMIN_URL'>,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const pool = createPool(
    { DATABASE_URL: env.DATABASE_ADMIN_URL, DATABASE_POOL_SIZE: 2 },
    {
      applicationName: 'sluice-cli',
      logger: createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' }, 'cli'),
      statementTimeoutMs: 60_000,
      role: 'sluice_system',
    },
  );
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
