import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { moveEdges, writeEdges, type Edge, type EdgesWritten } from '../../../src/db/crm/edges.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let workspaceId: string;
let portalId = 750_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await begin();
});

async function begin(): Promise<void> {
  portalId += 1;
  workspaceId = randomUUID();
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [workspaceId]);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    portalId,
    workspaceId,
  ]);
  for (const objectType of ['contacts', 'companies'])
    await database.admin.query(
      'INSERT INTO sync_states (workspace_id, portal_id, object_type) VALUES ($1, $2, $3)',
      [workspaceId, portalId, objectType],
    );
}

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const PLAIN = { category: 'HUBSPOT_DEFINED', typeId: 279, label: null };
const PRIMARY = { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' };
const edge = (from: number, to: number, type: typeof PLAIN | typeof PRIMARY = PLAIN): Edge => ({
  from: String(from),
  to: String(to),
  ...type,
});

interface How {
  readonly readAt?: number;
  readonly initial?: boolean;
  readonly objectType?: string;
  readonly toType?: string;
}
/** What HubSpot showed of the companies of these contacts. */
const shown = (
  ids: readonly number[],
  edges: readonly Edge[],
  { readAt = 1, initial = false, objectType = 'contacts', toType = 'companies' }: How = {},
): Promise<EdgesWritten> =>
  inWorkspace(database.pool, workspaceId, (client) =>
    writeEdges(
      client,
      { workspaceId, portalId, objectType },
      { toType, ids: ids.map(String), edges, readAt: at(readAt) },
      { initial },
    ),
  );
const move = (lost: readonly [number, number | null][], readAt = 10, objectType = 'contacts') =>
  inWorkspace(database.pool, workspaceId, (client) =>
    moveEdges(
      client,
      { workspaceId, portalId, objectType },
      lost.map(([id, into]) => ({ id: String(id), into: into === null ? null : String(into) })),
      at(readAt),
    ),
  );

async function stored(): Promise<string[]> {
  const { rows } = await database.admin.query<{ edge: string }>(
    `SELECT concat_ws(' ', from_type, from_id, to_type, to_id, type_id, label) AS edge FROM crm_edges
      WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY from_type DESC, from_id, to_type, to_id, type_id`,
    [workspaceId],
  );
  return rows.map(({ edge: one }) => one);
}
async function told(): Promise<string[]> {
  const { rows } = await database.admin.query<{ change: string }>(
    `SELECT concat_ws(' ', action, object_type, record_id, changed->>'toType', changed->>'toId', changed->>'typeId', changed->>'label',
                      CASE WHEN initial THEN 'initial' END) AS change
       FROM crm_changes WHERE workspace_id = $1 ORDER BY generation, transaction_id, id`,
    [workspaceId],
  );
  return rows.map(({ change }) => change);
}

describe('the associations of records', () => {
  test('enter the mirror as HubSpot shows them, primary and label as two, and the feed tells of each with both ends', async () => {
    await expect(shown([1, 2], [edge(1, 9), edge(1, 9, PRIMARY), edge(2, 8)])).resolves.toEqual({
      associated: 3,
      dissociated: 0,
    });
    expect(await stored()).toEqual([
      'contacts 1 companies 9 1 Primary',
      'contacts 1 companies 9 279',
      'contacts 2 companies 8 279',
    ]);
    expect(await told()).toEqual([
      'Associated contacts 1 companies 9 1 Primary',
      'Associated contacts 1 companies 9 279',
      'Associated contacts 2 companies 8 279',
    ]);
  });

  test('that are shown again change nothing', async () => {
    await shown([1], [edge(1, 9), edge(1, 9, PRIMARY)]);
    await expect(shown([1], [edge(1, 9, PRIMARY), edge(1, 9)], { readAt: 2 })).resolves.toEqual({
      associated: 0,
      dissociated: 0,
    });
    expect(await told()).toHaveLength(2);
  });

  test('of a record that was deleted or merged away, at either end, do not come back with a read that still shows them', async () => {
    const other = await database.admin.query(
      `WITH gone AS (
         INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, archived_at, read_at, source)
         SELECT $1, $2, t.type, t.id, '{}', '', now(), now(), now(), $3, 'test' FROM (VALUES ('contacts', 1), ('companies', 9)) t (type, id))
       INSERT INTO crm_aliases (workspace_id, portal_id, object_type, id, survivor_id)
       VALUES ($1, $2, 'contacts', 2, 3), ($1, $2, 'companies', 8, 7)`,
      [workspaceId, portalId, at(1)],
    );
    expect(other.rowCount).toBe(2);
    const all = [1, 2, 3].flatMap((from) => [7, 8, 9].map((to) => edge(from, to)));
    await expect(shown([1, 2, 3], all, { readAt: 2 })).resolves.toEqual({ associated: 1, dissociated: 0 });
    expect(await stored()).toEqual(['contacts 3 companies 7 279']);
    await database.admin.query('UPDATE crm_records SET archived_at = NULL WHERE workspace_id = $1', [
      workspaceId,
    ]);
    await expect(shown([1, 2, 3], all, { readAt: 3 })).resolves.toEqual({ associated: 3, dissociated: 0 });
  });

  test('that are not shown any more are removed, of the records that were read and of no other', async () => {
    await shown([1, 2], [edge(1, 9), edge(1, 8), edge(2, 9)]);
    await expect(shown([1], [edge(1, 8)], { readAt: 2 })).resolves.toEqual({ associated: 0, dissociated: 1 });
    await expect(shown([1], [], { readAt: 3 })).resolves.toEqual({ associated: 0, dissociated: 1 });
    expect(await stored()).toEqual(['contacts 2 companies 9 279']);
    expect((await told()).slice(3)).toEqual([
      'Dissociated contacts 1 companies 9 279',
      'Dissociated contacts 1 companies 8 279',
    ]);
  });

  test('with another type of records are left alone', async () => {
    await shown([1], [edge(1, 9)]);
    await shown([1], [{ ...edge(1, 7), typeId: 4 }], { toType: 'deals' });
    await shown([1], [], { readAt: 2, toType: 'deals' });
    expect(await stored()).toEqual(['contacts 1 companies 9 279']);
  });

  test('of a first load say so; that one of them ended never does', async () => {
    await shown([1], [edge(1, 9)], { initial: true });
    await shown([1], [], { readAt: 2, initial: true });
    expect(await told()).toEqual([
      'Associated contacts 1 companies 9 279 initial',
      'Dissociated contacts 1 companies 9 279',
    ]);
  });

  test('stand as the later read has seen them: one that began before brings nothing back and takes nothing away', async () => {
    await shown([1], [edge(1, 9)], { readAt: 1 });
    await shown([1], [edge(1, 8)], { readAt: 5 });
    await expect(shown([1], [edge(1, 9)], { readAt: 3 })).resolves.toEqual({ associated: 0, dissociated: 0 });
    expect(await stored()).toEqual(['contacts 1 companies 8 279']);
    await expect(shown([1], [edge(1, 9)], { readAt: 6 })).resolves.toEqual({ associated: 1, dissociated: 1 });
  });

  test('whose label has another name have it too, and nobody is told', async () => {
    await shown([1], [edge(1, 9, PRIMARY)]);
    await expect(shown([1], [{ ...edge(1, 9, PRIMARY), label: 'First' }], { readAt: 2 })).resolves.toEqual({
      associated: 0,
      dissociated: 0,
    });
    expect(await stored()).toEqual(['contacts 1 companies 9 1 First']);
    expect(await told()).toHaveLength(1);
  });

  test('replayed from the feed are those of the mirror, whatever was shown in whichever order', async () => {
    const reads = fc.array(
      fc.record({
        ids: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
        pairs: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 8, max: 10 }))),
        readAt: fc.integer({ min: 0, max: 9 }),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(reads, async (all) => {
        await begin();
        for (const { ids, pairs, readAt } of all)
          await shown(
            ids,
            pairs.filter(([from]) => ids.includes(from)).map(([from, to]) => edge(from, to)),
            { readAt },
          );
        const replayed = new Set<string>();
        for (const [action, ...words] of (await told()).map((change) => change.split(' '))) {
          const one = words.join(' ');
          expect(replayed.has(one)).toBe(action === 'Dissociated');
          if (action === 'Associated') replayed.add(one);
          else replayed.delete(one);
        }
        expect([...replayed].sort()).toEqual((await stored()).sort());
      }),
      { numRuns: 40 },
    );
  });

  test('are compared without a scan of their table, though nothing was ever analysed', async () => {
    const scans = async () => {
      const { rows } = await database.admin.query<{ scans: number }>(
        `SELECT coalesce(sum(seq_scan), 0)::int AS scans FROM pg_stat_user_tables WHERE relname LIKE 'crm\\_edges%'`,
      );
      return rows[0]?.scans;
    };
    const before = await scans();
    const of = { workspaceId, portalId, objectType: 'contacts' };
    for (let n = 1; n <= 20; n += 1)
      await inWorkspace(database.pool, workspaceId, async (client) => {
        const ids = Array.from({ length: 100 }, (_, k) => String(n * 50 + k));
        const read = { toType: 'companies', ids, edges: ids.map((id) => edge(Number(id), n)) };
        await writeEdges(client, of, { ...read, readAt: at(n) }, { initial: false });
        await moveEdges(client, of, [{ id: ids[0]!, into: ids[1]! }], at(n));
        await client.query('SELECT pg_stat_force_next_flush()');
      });
    expect(await scans()).toBe(before);
  });

  test('of one company with 20,000 contacts are compared in seconds, in a database that was never analysed', async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => ({ ...edge(9, n + 1), typeId: 280 }));
    const of = { objectType: 'companies', toType: 'contacts' };
    await expect(shown([9], many, of)).resolves.toEqual({ associated: 20_000, dissociated: 0 });
    const began = performance.now();
    await expect(shown([9], many.slice(1), { ...of, readAt: 2 })).resolves.toEqual({
      associated: 0,
      dissociated: 1,
    });
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('the associations of a record that is no more', () => {
  test('are those of the record that it became, seen from both sides, and the feed tells of each', async () => {
    await shown([1, 2], [edge(1, 9), edge(1, 8), edge(2, 9)]);
    await shown(
      [9],
      [
        { ...edge(9, 1), typeId: 280 },
        { ...edge(9, 2), typeId: 280 },
      ],
      {
        objectType: 'companies',
        toType: 'contacts',
      },
    );
    await expect(
      move([
        [1, 3],
        [2, 3],
      ]),
    ).resolves.toEqual({ associated: 3, dissociated: 5 });
    expect(await stored()).toEqual([
      'contacts 3 companies 8 279',
      'contacts 3 companies 9 279',
      'companies 9 contacts 3 280',
    ]);
    expect((await told()).filter((change) => change.includes('companies 9 contacts'))).toEqual([
      'Associated companies 9 contacts 1 280',
      'Associated companies 9 contacts 2 280',
      'Dissociated companies 9 contacts 1 280',
      'Dissociated companies 9 contacts 2 280',
      'Associated companies 9 contacts 3 280',
    ]);
  });

  test('end with it where it became none, on both sides', async () => {
    await shown([1, 2], [edge(1, 9), edge(2, 9)]);
    await shown(
      [9],
      [
        { ...edge(9, 1), typeId: 280 },
        { ...edge(9, 2), typeId: 280 },
      ],
      {
        objectType: 'companies',
        toType: 'contacts',
      },
    );
    await expect(move([[1, null]])).resolves.toEqual({ associated: 0, dissociated: 2 });
    expect(await stored()).toEqual(['contacts 2 companies 9 279', 'companies 9 contacts 2 280']);
  });

  test('never lead from a record to itself, and are not brought back by a read that began before', async () => {
    const of = { toType: 'contacts' };
    await shown(
      [1, 2],
      [
        { ...edge(1, 2), typeId: 449 },
        { ...edge(2, 1), typeId: 449 },
      ],
      of,
    );
    await shown([1], [edge(1, 9)]);
    await move([[1, 2]]);
    expect(await stored()).toEqual(['contacts 2 companies 9 279']);
    await shown([1], [edge(1, 9)], { readAt: 9 });
    await shown([2], [], { readAt: 9 });
    expect(await stored()).toEqual(['contacts 2 companies 9 279']);
  });
});

describe('an association that was removed', () => {
  test('leaves its row a day later', async () => {
    await shown([1], [edge(1, 9), edge(1, 8)]);
    await shown([1], [], { readAt: 2 });
    const rows = () => database.admin.query('SELECT FROM crm_edges WHERE workspace_id = $1', [workspaceId]);
    await database.pool.query('SELECT forget_removed_edges(1, 100)');
    expect((await rows()).rowCount).toBe(2);
    await database.admin.query(
      `UPDATE crm_edges SET removed_at = removed_at - interval '25 hours' WHERE workspace_id = $1 AND to_id = 9`,
      [workspaceId],
    );
    const { rows: removed } = await database.pool.query('SELECT forget_removed_edges(1, 100) AS removed');
    expect([removed, (await rows()).rowCount]).toEqual([[{ removed: 1 }], 1]);
  });
});
