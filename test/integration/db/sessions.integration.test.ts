import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { listen } from '../../../src/db/listen.js';
import { migrate } from '../../../src/db/migrate.js';
import { claimEvents } from '../../../src/db/outbox/claims.js';
import { createPool, type Pool } from '../../../src/db/pool.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { dispatcherOf, insertRow, soundRow, type InboxValues } from '../../support/inbox.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const PORTAL = 7_650_001;
/** The defaults of another house: what others need, and what surprises. */
const HOUSE = {
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  timezone: 'America/St_Johns',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  client_encoding: 'LATIN1',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '3s',
  lock_timeout: '1ms',
  idle_session_timeout: '500ms',
  synchronous_commit: 'off',
  search_path: 'pg_catalog',
  row_security: 'on',
  array_nulls: 'off',
  transform_null_equals: 'on',
  exit_on_error: 'on',
  idle_in_transaction_session_timeout: '500ms',
  transaction_timeout: '700ms',
};
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  await seedLane(database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  for (const [name, value] of Object.entries(HOUSE))
    await database.admin.query(
      `ALTER DATABASE ${database.name} SET ${name} = ${name === 'search_path' ? value : `'${value}'`}`,
    );
  pool = createPool(
    { DATABASE_URL: database.url, DATABASE_POOL_SIZE: 3 },
    { applicationName: 'test', logger },
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** As an application does that knows where the inbox is. */
async function capture(row: InboxValues): Promise<void> {
  const application = new pg.Client({ connectionString: database.adminUrl.reveal() });
  await application.connect();
  try {
    await application.query('SET search_path = public');
    await insertRow(application, row);
  } finally {
    await application.end();
  }
}

describe('a database with the defaults of another house', () => {
  it('gives our sessions what they are to be', async () => {
    const { rows } = await pool.query<{ name: string; setting: string }>(
      'SELECT name, setting FROM pg_settings WHERE lower(name) = ANY ($1)',
      [[...Object.keys(HOUSE), 'jit']],
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name.toLowerCase(), setting]))).toEqual({
      ...{ datestyle: 'ISO, MDY', intervalstyle: 'postgres', timezone: 'UTC', extra_float_digits: '1' },
      ...{ bytea_output: 'hex', standard_conforming_strings: 'on', client_encoding: 'UTF8', jit: 'off' },
      ...{ default_transaction_isolation: 'read committed', default_transaction_deferrable: 'off' },
      ...{ statement_timeout: '8000', lock_timeout: '0', idle_session_timeout: '0' },
      ...{ idle_in_transaction_session_timeout: '30000', transaction_timeout: '0', exit_on_error: 'off' },
      ...{ array_nulls: 'on', transform_null_equals: 'off' },
      ...{ synchronous_commit: 'on', search_path: 'public', row_security: 'on' },
    });
  });

  it('is one in which events are captured, collected and delivered, with their times and numbers', async () => {
    await capture({ ...soundRow(PORTAL), occurred_at: `timestamptz '2026-10-31T12:34:56.789Z'` });
    expect(await dispatcherOf({ pool }).dispatch()).toBe(1);
    const claim = await claimEvents(pool, {
      ...{ workspaceId: WORKSPACE, portalId: PORTAL, owner: 'test', max: 1, leaseMs: 60_000 },
    });
    expect(claim?.events).toMatchObject([
      { occurredAt: new Date('2026-10-31T12:34:56.789Z'), payload: { driverId: 'd-1', amount: 1 } },
    ]);
  });

  it('keeps its listeners beyond its idle time-out', async () => {
    const heard: string[] = [];
    const listener = listen({ DATABASE_URL: database.url }, 'house', {
      logger,
      heard: (payload) => heard.push(payload),
    });
    try {
      const notify = () => pool.query(`SELECT pg_notify('house', 'here')`);
      await until('it listens', async () => (await notify(), heard.length > 0), 5000);
      const pidOf = async () =>
        (
          await database.admin.query(
            `SELECT pid FROM pg_stat_activity
              WHERE datname = current_database() AND application_name = 'sluice-listen-house'`,
          )
        ).rows;
      const before = await pidOf();
      const since = performance.now();
      await until('the time-out of the house has passed', () => performance.now() - since > 1200, 3000);
      expect(await pidOf()).toEqual(before);
    } finally {
      await listener.stop();
    }
  });

  it('publishes all tables, and rows of each can be changed and removed all the same', async () => {
    await database.admin.query(`CREATE PUBLICATION house FOR ALL TABLES`);
    const { rows } = await database.admin.query<{ named: string; identified: boolean }>(
      `SELECT c.oid::regclass::text AS named, c.relreplident = 'f' OR pg_get_replica_identity_index(c.oid) IS NOT NULL AS identified
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname IN ('public', 'drizzle')`,
    );
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ identified }) => !identified)).toEqual([]);
    await capture(soundRow(PORTAL));
    expect(await dispatcherOf({ pool }).dispatch()).toBe(1);
  });

  it('is migrated', async () => {
    const done = await migrate({ adminUrl: database.adminUrl, appUrl: database.url });
    expect(done.functions).toBeGreaterThan(50);
  });
});
