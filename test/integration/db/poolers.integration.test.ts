import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { tryLock } from '../../../src/db/advisoryLocks.js';
import { listen } from '../../../src/db/listen.js';
import { createPool } from '../../../src/db/pool.js';
import { refuseSharedSessions } from '../../../src/db/sharedSessions.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { hasPgBouncer, startPgBouncer } from '../../support/pgBouncer.js';
import { startPooler, type PoolMode, type Pooler } from '../../support/pooler.js';
import { until } from '../../support/until.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
let database: TestDatabase;
let pooler: Pooler | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await pooler?.stop();
  pooler = undefined;
});
afterAll(() => database.drop());

const POOLERS: [string, (mode: PoolMode) => Promise<Pooler>][] = [['a stand-in of PgBouncer', startPooler]];
if (hasPgBouncer)
  POOLERS.push(['PgBouncer', (mode: PoolMode) => startPgBouncer(mode, database.url.reveal())]);

describe.each(POOLERS)('%s', (_, start) => {
  async function urlThrough(mode: PoolMode): Promise<Secret> {
    pooler = await start(mode);
    return new Secret(pooler.through(database.url.reveal()));
  }

  it('in session mode needs no setting: statements, time-outs, listeners and locks work as without it', async () => {
    const url = await urlThrough('session');
    await expect(refuseSharedSessions(url, 'DATABASE_URL')).resolves.toBeUndefined();
    const config = { DATABASE_URL: url, DATABASE_POOL_SIZE: 3 };
    const pool = createPool(config, { applicationName: 'test', logger, statementTimeoutMs: 300 });
    const heard: string[] = [];
    const listener = listen(config, 'test_channel', { logger, heard: (payload) => heard.push(payload) });
    try {
      const { rows } = await pool.query({
        ...{ name: 'prepared', text: 'SELECT now() AS at, current_setting($1) AS jit', values: ['jit'] },
      });
      expect(rows).toEqual([{ at: expect.any(Date), jit: 'off' }]);
      await expect(pool.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
      await until(
        'a notification comes',
        async () => {
          await pool.query(`SELECT pg_notify('test_channel', 'here')`);
          return heard.includes('here');
        },
        5000,
      );
      const [one, other] = await Promise.all([pool.connect(), pool.connect()]);
      expect([await tryLock(one, '4711'), await tryLock(other, '4711')]).toEqual([true, false]);
      one.release();
      other.release();
    } finally {
      await listener.stop();
      await pool.end();
    }
  });

  it('in transaction mode is recognised, and refused with what is to be set', async () => {
    const url = await urlThrough('transaction');
    for (let n = 0; n < 5; n += 1)
      await expect(refuseSharedSessions(url, 'DATABASE_URL')).rejects.toThrow(
        /^DATABASE_URL leads to a pooler .* set pool_mode = session/,
      );
  });
});

(hasPgBouncer ? describe : describe.skip)('PgBouncer in session mode', () => {
  it('that clears no session is recognised, and refused with what is to be set: what a process that died had locked would stay so', async () => {
    pooler = await startPgBouncer('session', database.url.reveal(), ['server_reset_query =']);
    const url = new Secret(pooler.through(database.url.reveal()));
    for (let n = 0; n < 3; n += 1)
      await expect(refuseSharedSessions(url, 'DATABASE_URL')).rejects.toThrow(
        /^DATABASE_URL leads to a pooler .* set server_reset_query = DISCARD ALL/,
      );
  }, 30_000);

  it('is asked by many processes at once, and each of them starts', async () => {
    pooler = await startPgBouncer('session', database.url.reveal(), ['default_pool_size = 60']);
    const url = new Secret(pooler.through(database.url.reveal()));
    const asked = Array.from({ length: 20 }, () => refuseSharedSessions(url, 'DATABASE_URL'));
    expect(await Promise.all(asked)).toHaveLength(20);
  }, 30_000);
});

it('Postgres itself is taken for no pooler', async () => {
  await expect(refuseSharedSessions(database.url, 'DATABASE_URL')).resolves.toBeUndefined();
});

it('the lock of an earlier trial, which any login may hold, keeps no process from starting', async () => {
  const holder = new pg.Client({ connectionString: database.url.reveal() });
  await holder.connect();
  try {
    await holder.query('SELECT pg_advisory_lock(7526478929)');
    await expect(refuseSharedSessions(database.url, 'DATABASE_URL')).resolves.toBeUndefined();
  } finally {
    await holder.end();
  }
});
