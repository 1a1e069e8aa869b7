import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool, isTransientDatabaseError, type Pool } from '../../../src/db/pool.js';
import { inTransaction } from '../../../src/db/transaction.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startNetwork, type Network } from '../../support/network.js';

/** What is idle for so long must not be taken for silent: the time itself is what is tried. */
const LONGER_THAN_SILENT_MS = 3500;

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

function poolThroughNetwork(options: { statementTimeoutMs?: number } = { statementTimeoutMs: 200 }): Pool {
  const url = new URL(database.url.reveal());
  url.hostname = '127.0.0.1';
  url.port = String(network.port);
  return createPool(
    { DATABASE_URL: new Secret(url.href), DATABASE_POOL_SIZE: CONNECTIONS },
    {
      applicationName: 'test',
      logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
      ...options,
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

describe('a statement that is not answered', () => {
  it('fails within seconds where the server has no work for it, long before its time-out, with all that went the same way', async () => {
    const pool = poolThroughNetwork({});
    try {
      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
      for (const client of clients) client.on('error', () => undefined); // the statement says so
      await Promise.all(clients.map((client) => client.query('SELECT pg_sleep(0.05)')));
      for (const client of clients.slice(2)) client.release();
      network.swallow();
      const from = performance.now();
      const failed = await Promise.allSettled(clients.slice(0, 2).map((client) => client.query('SELECT 1')));
      expect(performance.now() - from).toBeLessThan(5000);
      for (const one of failed)
        expect(one.status === 'rejected' && isTransientDatabaseError(one.reason)).toBe(true);
      for (const client of clients.slice(0, 2)) client.release(true);
      await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.query('SELECT 1')));
      expect(performance.now() - from).toBeLessThan(5000);
    } finally {
      await pool.end();
    }
  }, 30_000);

  it('leaves nothing locked that its transaction had locked', async () => {
    const pool = poolThroughNetwork({});
    try {
      const locked = inTransaction(pool, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock(4711)');
        network.swallow();
        await client.query('SELECT 1');
      });
      await expect(locked).rejects.toThrow(/terminated/);
      const { rows } = await pool.query('SELECT pg_try_advisory_xact_lock(4711) AS free');
      expect(rows).toEqual([{ free: true }]);
    } finally {
      await pool.end();
    }
  }, 30_000);

  it('is waited for while the server works on it, or waits for a lock', async () => {
    const pool = poolThroughNetwork({});
    try {
      const works = pool.query('SELECT pg_sleep(4)');
      const holder = await database.admin.connect();
      await holder.query('SELECT pg_advisory_lock(4712)');
      const waits = pool.query('SELECT pg_advisory_xact_lock(4712)');
      await works;
      await holder.query('SELECT pg_advisory_unlock(4712)');
      holder.release();
      await waits;
      // Between two statements of a transaction nothing is awaited.
      await inTransaction(pool, async (client) => {
        await client.query('SELECT 1');
        await delay(LONGER_THAN_SILENT_MS);
        await client.query('SELECT 1');
      });
    } finally {
      await pool.end();
    }
  }, 30_000);
});
