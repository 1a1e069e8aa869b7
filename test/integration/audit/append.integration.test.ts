import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { audit } from '../../../src/db/audit/audit.js';
import { GENESIS, hashEntry, type StoredEntry } from '../../../src/domain/audit/chain.js';
import { forWorkspace, inWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ poolSize: 8 });
});
afterEach(() => database.drop());

const entry = (workspaceId: string, subject: Record<string, unknown> = {}) => ({
  workspaceId,
  actor: 'key:1',
  operation: 'lane.drain' as const,
  subject,
  result: 'ok',
});

async function stored(workspaceId: string): Promise<StoredEntry[]> {
  const { rows } = await forWorkspace(database.pool, workspaceId).query<StoredEntry>(
    `SELECT workspace_id AS "workspaceId", seq::text, (extract(epoch FROM at) * 1000000)::bigint::text AS at, actor, operation,
            portal_id::text AS "portalId", subject::text, result, previous_hash AS "previousHash", hash FROM audit_entries e ORDER BY e.seq`,
  );
  return rows;
}

describe('the audit chain', () => {
  it('links each entry of a workspace to the one before, whoever adds them at once, with a hash over all fields', async () => {
    const { pool } = database;
    const subjects = [
      { laneId: '1', change: { rate: { limit: 1.5, intervalMs: 1e21 }, spread: null } },
      { b: 1, a: 'ü – "quoted" \\ \n', empty: {}, list: [1, '2', [3]] },
    ];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        audit(pool, {
          ...entry(n % 2 ? A : B, subjects[(n >> 1) % 2]),
          portalId: n % 3 ? 9e14 + n : undefined,
        }),
      ),
    );
    for (const workspace of [A, B]) {
      const rows = await stored(workspace);
      expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)));
      let previous: Buffer = GENESIS;
      for (const row of rows) {
        expect(row.previousHash).toEqual(previous);
        expect(row.hash).toEqual(hashEntry(row));
        previous = row.hash;
      }
    }
  });

  it('takes an entry together with what it tells of, or neither', async () => {
    const { pool } = database;
    const first = await inWorkspace(pool, A, (client) => audit(client, entry(A)));
    await expect(
      inWorkspace(pool, A, async (client) => {
        await audit(client, entry(A));
        throw new Error('the change failed');
      }),
    ).rejects.toThrow('the change failed');
    const second = await audit(pool, entry(A));
    expect([first.seq, second.seq]).toEqual(['1', '2']);
    expect((await stored(A)).map(({ hash }) => hash.toString('hex'))).toEqual([first.hash, second.hash]);
  });

  it('is not extended by a transaction of another workspace, nor seen by one', async () => {
    await audit(database.pool, entry(A));
    await expect(inWorkspace(database.pool, B, (client) => audit(client, entry(A)))).rejects.toThrow(
      'does not work for the workspace',
    );
    await expect(
      database.pool.query(`SELECT audit_append($1, 'a', 'b', 1, '{}', 'ok')`, [A]),
    ).rejects.toThrow('does not work for the workspace');
    expect(await stored(B)).toEqual([]);
  });

  it.each([
    `UPDATE audit_entries SET actor = 'nobody'`,
    `DELETE FROM audit_entries`,
    `TRUNCATE audit_entries`,
    `INSERT INTO audit_entries SELECT workspace_id, seq + 1, at, actor, operation, portal_id, subject, result, hash, hash FROM audit_entries`,
    `UPDATE audit_chains SET seq = 0`,
    `DELETE FROM audit_chains`,
    `TRUNCATE audit_chains`,
    `INSERT INTO audit_chains SELECT gen_random_uuid(), seq, hash FROM audit_chains`,
    `UPDATE audit_heads SET seq = 0`,
    `DELETE FROM audit_heads`,
    `TRUNCATE audit_heads`,
    `ALTER TABLE audit_entries DISABLE ROW LEVEL SECURITY`,
  ])('refuses the application %s', async (statement) => {
    await audit(database.pool, entry(A));
    const before = await stored(A);
    await expect(forWorkspace(database.pool, A).query(statement)).rejects.toMatchObject({ code: '42501' });
    expect(await stored(A)).toEqual(before);
  });
});
