import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listRecords } from '../../../src/db/crm/records.js';
import { readChanges } from '../../../src/db/crm/changes.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { endSyncs } from '../../../src/db/sync/ends.js';
import { listSyncs } from '../../../src/db/sync/views.js';
import { takeOverPortal } from '../../../src/db/portals/takeOverPortal.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { insertOf } from '../../support/rows.js';

/** Kept by the day, whatever becomes of their portal (src/db/crm/retention.ts). */
const BY_DAY = ['crm_changes', 'crm_dead_changes'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** What holds something of a portal's records: tables of the mirror that name a portal. */
async function tablesOfTheMirror(): Promise<string[]> {
  const { rows } = await database.admin.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname ~ '^(crm|sync)_'
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'portal_id') ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function portalOf(workspaceId: string, portalId: number, state = 'active'): Promise<void> {
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [workspaceId]);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id, state) VALUES ($1, $2, $3)', [
    ...[portalId, workspaceId, state],
  ]);
}

/** A row of the type in every table of the mirror: as its own, and where a row names two types, as the other one. */
async function fill(workspaceId: string, portalId: number, objectType: string): Promise<void> {
  for (const table of await tablesOfTheMirror()) {
    const types = await database.admin.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname ~ '^((object|from|to)_)?type$'`,
      [table],
    );
    const named = Object.fromEntries(types.rows.map(({ name }) => [name, objectType]));
    const row = await insertOf(database.admin, table, {
      workspace_id: workspaceId,
      portal_id: String(portalId),
      ...named,
    });
    // What is of the portal and of no type has one row.
    await database.admin.query(`${row} ON CONFLICT DO NOTHING`);
  }
}

async function left(workspaceId: string, portalId: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tablesOfTheMirror()) {
    const { rows } = await database.admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE workspace_id = $1 AND portal_id = $2`,
      [workspaceId, portalId],
    );
    if (rows[0] && rows[0].n > 0) counts[table] = rows[0].n;
  }
  return counts;
}

async function forgetAll(days: number): Promise<void> {
  for (let n = 0; n < 100; n += 1) {
    const { rows } = await database.pool.query<{ removed: number }>(
      'SELECT forget_mirrors($1, 1000) AS removed',
      [days],
    );
    if (rows[0]?.removed === 0) return;
  }
  throw new Error('There is no end to it');
}

describe('the mirror of a portal that was disconnected', () => {
  test('is kept for its days, and then leaves nothing in any table that holds something of a record', async () => {
    const [gone, recent, connected] = [randomUUID(), randomUUID(), randomUUID()];
    for (const [n, workspaceId] of [gone, recent, connected].entries()) {
      await portalOf(workspaceId, 810 + n);
      await fill(workspaceId, 810 + n, 'contacts');
      await fill(workspaceId, 810 + n, '2-77');
    }
    const ended = (workspaceId: string, hours: number) =>
      database.admin.query(
        'UPDATE sync_states SET ended_at = now() - make_interval(hours => $2) WHERE workspace_id = $1',
        [workspaceId, hours],
      );
    await ended(gone, 49);
    await ended(recent, 47);
    const all = await left(connected, 812);
    expect(Object.keys(all)).toEqual(await tablesOfTheMirror());
    await forgetAll(2);
    expect(Object.keys(await left(gone, 810))).toEqual(BY_DAY);
    expect([await left(recent, 811), await left(connected, 812)]).toEqual([all, all]);
  });

  test.each(['is moved', 'is taken over'])(
    'is never shown to the workspace that gets the portal where it %s: not the old one, not what it feeds',
    async (how) => {
      const [former, next] = [randomUUID(), randomUUID()];
      const portalId = how === 'is moved' ? 820 : 821;
      await portalOf(former, portalId);
      await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [next]);
      // Who takes a portal over has proved to hold it, and the former never did; a move needs no proof.
      await database.admin.query(
        `UPDATE portals SET verified_at = CASE WHEN $2 THEN now() END WHERE portal_id = $1`,
        [portalId, how === 'is moved'],
      );
      await fill(former, portalId, 'contacts');
      const pool = how === 'is moved' ? database.admin : database.pool;
      const taker = { workspaceId: next, portalId, actor: 'test', force: how === 'is moved' };
      await takeOverPortal(pool, taker, { everyMs: 10, forMs: 20_000 }, async () => {
        // What the workflow of the disconnect does here.
        await endSyncs(database.pool, { workspaceId: former, portalId });
        await database.admin.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id = $1`, [
          portalId,
        ]);
      });
      await database.admin.query(`UPDATE portals SET state = 'active' WHERE portal_id = $1`, [portalId]);
      await startSync(forWorkspace(database.pool, next), {
        workspaceId: next,
        portalId,
        objectType: 'contacts',
      });
      const of = { workspaceId: next, portalId, objectType: 'contacts' };
      expect((await listRecords(database.pool, of, { limit: 10 })).records).toEqual([]);
      const feed = { after: { generation: 0, transaction: '0', change: '0' }, now: 32_767, limit: 10 };
      expect((await readChanges(database.pool, next, feed)).changes).toEqual([]);
      expect(await listSyncs(database.pool, next, { limit: 10 })).toMatchObject([
        { portalId, state: 'loading', records: 0 },
      ]);
      expect(await listSyncs(database.pool, former, { limit: 10 })).toMatchObject([{ state: 'ended' }]);
      // Not even to who names the portal alone.
      for (const table of await tablesOfTheMirror()) {
        const seen = await forWorkspace(database.pool, next).query(
          `SELECT FROM ${table} WHERE workspace_id <> $1`,
          [next],
        );
        expect({ table, rows: seen.rowCount }).toEqual({ table, rows: 0 });
      }
    },
  );
});
