import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../src/db/migrate.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/*
 * The roles of the first Sluice are there: every test database of the server has migrated. What a login lacks on a
 * server without them is seen on the way to production (test/e2e/wayToProduction.e2e.test.ts).
 */

let first: TestDatabase;
const owner = `owner_${randomBytes(4).toString('hex')}`;
const database = `second_${randomBytes(4).toString('hex')}`;
let adminUrl: Secret;

beforeAll(async () => {
  first = await createTestDatabase();
  await first.admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'x'`);
  await first.admin.query(`CREATE DATABASE ${database} TEMPLATE template0`);
  const url = new URL(first.adminUrl.reveal());
  [url.username, url.password, url.pathname] = [owner, 'x', `/${database}`];
  adminUrl = new Secret(url.href);
}, 60_000);
afterAll(async () => {
  await first.admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  // What it has granted goes with it.
  await first.admin.query(`REVOKE sluice_app, sluice_maintenance, sluice_system FROM ${owner} CASCADE`);
  await first.admin.query(`DROP OWNED BY ${owner}`);
  await first.admin.query(`DROP ROLE ${owner}`);
  await first.drop();
});

const attempt = () => migrate({ adminUrl, appUrl: first.url });

/** What somebody who may would run: the statements that the refusal names. */
async function doAsSaid(words: string): Promise<void> {
  const [, statements = ''] = /runs: (.+)\. Then run this again/.exec(words) ?? [];
  for (const statement of statements.split('; ')) await first.admin.query(statement);
}

it('of a second Sluice on one server is refused before anything is changed, with the statements that let it; then it migrates', async () => {
  const refusal = await attempt().then(
    () => 'it migrated',
    (error: Error) => error.message,
  );
  expect(refusal).toMatch(
    new RegExp(`^The login ${owner} of DATABASE_ADMIN_URL may not migrate: it does not own the database`),
  );
  expect(refusal).toContain(`ALTER DATABASE ${database} OWNER TO ${owner}`);
  const { rows } = await first.admin.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  // Before 16 CREATEROLE was enough to hand on any role.
  if (rows[0]!.version >= 160_000)
    expect(refusal).toMatch(/GRANT sluice_app, .*sluice_system.* TO owner_\w+ WITH ADMIN OPTION/);
  const client = new pg.Client({ connectionString: adminUrl.reveal() });
  await client.connect();
  expect((await client.query(`SELECT to_regnamespace('drizzle') AS made`)).rows).toEqual([{ made: null }]);
  await client.end();

  await doAsSaid(refusal);
  expect((await attempt()).functions).toBeGreaterThan(50);
});
