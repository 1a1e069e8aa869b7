import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inTransaction } from '../../../src/db/transaction.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('a connection that is lost between two statements of a transaction fails that transaction, and nothing else', async () => {
  const lost = inTransaction(database.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const gone = new Promise((resolve) => client.once('end', resolve));
    await database.admin.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await gone;
    await client.query('SELECT 1');
  });
  await expect(lost).rejects.toThrow(/connection/i);
  const works = () =>
    inTransaction(database.pool, async (client) => (await client.query('SELECT 1')).rowCount);
  expect(await works()).toBe(1);
});
