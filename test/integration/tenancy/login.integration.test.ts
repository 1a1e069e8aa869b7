import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { isolationCheck } from '../../../src/db/checks.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

describe('readiness', () => {
  let db: TestDatabase;
  const login = `sluice_login_${Date.now().toString(36)}`;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.admin.query(`CREATE ROLE ${login} LOGIN PASSWORD '${login}'; GRANT sluice_app TO ${login}`);
  });
  afterAll(async () => {
    await db.admin.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
    await db.drop();
  });

  const warned: string[] = [];
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  logger.warn = ((message: string) => warned.push(message)) as never;
  const url = () => {
    const made = new URL(db.adminUrl.reveal());
    made.username = login;
    made.password = login;
    return made.href;
  };

  /** What readiness says of a login, in production and with two logins unless told. */
  async function check(
    pool: pg.Pool,
    {
      NODE_ENV = 'production',
      oneLogin = false,
    }: { NODE_ENV?: 'production' | 'development'; oneLogin?: boolean } = {},
  ): Promise<unknown> {
    const [own, admin] = [
      new Secret('postgres://a@b/c'),
      new Secret(`postgres://${oneLogin ? 'a' : 'd'}@b/c`),
    ];
    const run = isolationCheck(pool, { NODE_ENV, DATABASE_URL: own, DATABASE_ADMIN_URL: admin }, logger);
    return run().then(
      () => 'ready',
      (error: Error) => error.message,
    );
  }
  const asLogin = async (change: string, undo: string) => {
    await db.admin.query(change);
    const pool = new pg.Pool({ connectionString: url(), max: 1 });
    try {
      return await check(pool);
    } finally {
      await pool.end();
      await db.admin.query(undo);
    }
  };

  it('is given to a login that row-level security holds', async () => {
    expect(await check(db.pool)).toBe('ready');
    expect(await asLogin('SELECT 1', 'SELECT 1')).toBe('ready');
  });

  it('is refused to a superuser, in words that say what to do', async () => {
    expect(await check(db.admin)).toBe(
      'The login of DATABASE_URL is a superuser: row-level security does not hold it. Use one that is a member of sluice_app only',
    );
    expect(await check(db.admin, { oneLogin: true })).toContain('is a superuser');
    expect(await check(db.admin, { NODE_ENV: 'development' })).toContain('is a superuser');
  });

  it.each([
    ['has BYPASSRLS', 'ALTER ROLE login BYPASSRLS', 'ALTER ROLE login NOBYPASSRLS'],
    ['owns tables', 'ALTER TABLE lanes OWNER TO login', 'ALTER TABLE lanes OWNER TO current_user'],
    ['is a member of sluice_system', 'GRANT sluice_system TO login', 'REVOKE sluice_system FROM login'],
  ])('is refused to one that %s', async (way, change, undo) => {
    expect(await asLogin(change.replace('login', login), undo.replace('login', login))).toContain(
      `DATABASE_URL ${way}: `,
    );
  });

  it('is given with a warning, once, to somebody who develops with one login for everything', async () => {
    const run = isolationCheck(
      db.admin,
      { NODE_ENV: 'development', DATABASE_URL: db.adminUrl, DATABASE_ADMIN_URL: db.adminUrl },
      logger,
    );
    await run();
    await run();
    expect(warned).toEqual([expect.stringContaining('is a superuser')]);
  });
});
