import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureDatabase } from '../../../src/db/ensureDatabase.js';
import { migrate } from '../../../src/db/migrate.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
const name = `new "one" ${randomUUID()}`;
const login = `maker_${randomUUID().slice(0, 8)}`;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.admin.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x'`);
});
afterAll(async () => {
  await database.admin.query(`DROP DATABASE IF EXISTS "${name.replaceAll('"', '""')}" WITH (FORCE)`);
  await database.admin.query(`DROP ROLE ${login}`);
  await database.drop();
});

const urlOf = (user?: string) => {
  const url = new URL(database.adminUrl.reveal());
  url.pathname = `/${encodeURIComponent(name)}`;
  if (user !== undefined) [url.username, url.password] = [user, 'x'];
  return new Secret(url.href);
};

describe('the set-up of a database that is not there', () => {
  it('says the statement for somebody who may, where the login may not make one', async () => {
    await expect(ensureDatabase(urlOf(login))).rejects.toThrow(
      `the login "${login}" may not make one. Somebody who may runs: CREATE DATABASE "new ""one"" `,
    );
  });

  it('makes it where the login may, once, and it can be migrated', async () => {
    const made = await Promise.all([ensureDatabase(urlOf()), ensureDatabase(urlOf())]);
    expect(made.filter((one) => one !== undefined)).toEqual([name]);
    expect(await ensureDatabase(urlOf())).toBeUndefined();
    await migrate({ adminUrl: urlOf(), appUrl: database.url });
  });
});
