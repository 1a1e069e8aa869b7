import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool, isTransientDatabaseError, type Pool } from '../../../src/db/pool.js';
import { inTransaction } from '../../../src/db/transaction.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startNetwork, type Network } from '../../support/network.js';

const CONNECTIONS = 5;

let database: TestDatabase;
let network: Network;
beforeAll(async () => {
  database = await createTestDatabase();
  const { hostname, port } = new URL(database.url.reveal());
  network = await startNetwork(hostname, Number(port));
});
afterAll(async () => {
  await network.stop();
  await database.drop();
});

function poolThroughNetwork(): Pool {
  const url = new URL(database.url.reveal());
  url.hostname = '127.0.0.1';
  url.port = String(network.port);
  return createPool(
    { DATABASE_URL: new Secret(url.href), DATABASE_POOL_SIZE: CONNECTIONS },
    {
      applicationName: 'test',
      logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
      statementTimeoutMs: 200,
    },
  );
}

describe('connections that the network swallowed', () => {
  it.each([
    ['a statement', (pool: Pool) => pool.query('SELECT 1')],
    ['a transaction', (pool: Pool) => inTransaction(pool, (client) => client.query('SELECT 1'))],
  ])('fail %s once, however many of them lie idle: the next one gets a new connection', async (_, work) => {
    const pool = poolThroughNetwork();
    try {
      await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.query('SELECT pg_sleep(0.05)')));
      expect(pool.idleCount).toBe(CONNECTIONS);
      network.swallow();
      const failed: unknown = await work(pool).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ message: 'Query read timeout' });
      expect(isTransientDatabaseError(failed)).toBe(true);
      expect((await work(pool)).rowCount).toBe(1);
    } finally {
      await pool.end();
    }
  });

  it('leave those in use to their own timeout, and statements of theirs that are answered', async () => {
    const pool = poolThroughNetwork();
    try {
      network.swallow(); // those of before; the pool has none yet
      const busy = await pool.connect();
      await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
      // Not swallowed: the database is slower than the statement may be, and says so in time.
      await expect(pool.query('SELECT pg_sleep(1)')).rejects.toMatchObject({ code: '57014' });
      expect(pool.idleCount).toBeGreaterThan(0);
      expect((await busy.query('SELECT 1')).rowCount).toBe(1);
      busy.release();
    } finally {
      await pool.end();
    }
  });
});
