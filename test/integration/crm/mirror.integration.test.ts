import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { readChanges, type StoredChange } from '../../../src/db/crm/changes.js';
import { writePage, type PageWritten } from '../../../src/db/sync/pages.js';
import type { SyncReader } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import {
  mirrored,
  valuesOf,
  type Properties,
  type SeenRecord,
} from '../../../src/domain/crm/mirroredRecord.js';
import { createExplainedPool } from '../../support/plans.js';
import { replayFeed } from '../../support/replayFeed.js';
import { until } from '../../support/until.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let reader: SyncReader;
let portalId = 700_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  portalId += 1;
  reader = { workspaceId: randomUUID(), portalId, objectType: 'contacts', epoch: 0, fence: 1 };
  await begin(reader);
});

async function begin({ workspaceId, portalId: portal, objectType, fence }: SyncReader): Promise<void> {
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    workspaceId,
    workspaceId,
  ]);
  await database.admin.query(
    'INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2) ON CONFLICT (portal_id) DO NOTHING',
    [portal, workspaceId],
  );
  await database.admin.query(
    'INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, $3, $4)',
    [workspaceId, portal, objectType, fence],
  );
}

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
const record = (id: number, modified: number, properties: Record<string, string | null>): SeenRecord => ({
  id: String(id),
  properties,
  createdAt: at(0),
  modifiedAt: at(modified),
});
const write = (records: readonly SeenRecord[], readAt = 1000, db: pg.Pool | pg.ClientBase = database.pool) =>
  writePage(db, reader, {
    records: records.map(mirrored),
    readAt: new Date(at(readAt)),
    source: 'test',
    initial: true,
    cursor: { version: 2, kind: 'load', after: records.at(-1)?.id },
  });
const nothing: PageWritten = { created: 0, updated: 0, restored: 0, stored: 0, merged: 0 };

interface Row {
  readonly id: string;
  readonly properties: Properties;
  readonly version: number;
  readonly modifiedAt: Date;
}
async function rows(): Promise<Row[]> {
  const found = await forWorkspace(database.pool, reader.workspaceId).query<Row>(
    `SELECT id, properties, version, modified_at AS "modifiedAt" FROM crm_records WHERE portal_id = $1 ORDER BY id`,
    [reader.portalId],
  );
  return found.rows;
}
const shown = async () =>
  (
    await readChanges(database.pool, reader.workspaceId, {
      after: { generation: 1, transaction: '0', change: '0' },
      now: 1,
      limit: 10_000,
    })
  ).changes;
/** All of it: it is shown when the transactions of others, in whichever database of the server, have ended. */
async function feed(): Promise<StoredChange[]> {
  const { rows: counted } = await database.admin.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM crm_changes WHERE workspace_id = $1',
    [reader.workspaceId],
  );
  const show = async () => {
    const changes = await shown();
    return changes.length === counted[0]?.count && changes;
  };
  return until('the feed shows every change', show, 20_000, 5);
}
async function state() {
  const found = await database.admin.query<{ live: string; loaded: string; cursor: unknown }>(
    'SELECT live, loaded, cursor FROM sync_states WHERE portal_id = $1',
    [reader.portalId],
  );
  return found.rows[0];
}

describe('a page of records', () => {
  test('enters the mirror with its changes, the counter and the cursor, all in one transaction', async () => {
    const page = [record(11, 5, { email: 'a@example.com' }), record(12, 6, { email: 'b@example.com' })];
    await expect(write(page)).resolves.toEqual({ ...nothing, created: 2 });
    expect((await rows()).map(({ id, properties }) => [id, properties])).toEqual([
      ['11', { email: 'a@example.com' }],
      ['12', { email: 'b@example.com' }],
    ]);
    expect(
      (await feed()).map(({ recordId, action, initial, changed }) => [recordId, action, initial, changed]),
    ).toEqual([
      ['11', 'Created', true, { email: 'a@example.com' }],
      ['12', 'Created', true, { email: 'b@example.com' }],
    ]);
    expect(await state()).toEqual({
      live: '2',
      loaded: '2',
      cursor: { version: 2, kind: 'load', after: '12' },
    });
  });

  test('that is written again changes nothing but the cursor', async () => {
    const page = [record(11, 5, { email: 'a@example.com' })];
    await write(page);
    await expect(write(page, 2000)).resolves.toEqual(nothing);
    expect(await rows()).toMatchObject([{ version: 1 }]);
    expect(await feed()).toHaveLength(1);
  });

  test('tells of each value that changed what it was before and after: cleared, new and other ones', async () => {
    await write([record(11, 5, { email: 'a@example.com', phone: '1', city: 'Bonn' })]);
    await write([record(11, 6, { email: 'a@example.com', phone: '', city: 'Berlin', zip: '10115' })]);
    expect((await feed()).at(-1)).toMatchObject({
      action: 'Updated',
      changed: { phone: ['1', null], city: ['Bonn', 'Berlin'], zip: [null, '10115'] },
      happenedAt: new Date(at(6)),
    });
    expect(await rows()).toMatchObject([
      { properties: { email: 'a@example.com', city: 'Berlin', zip: '10115' } },
    ]);
  });

  test('changes nothing by a record that HubSpot has changed since, and nothing by an earlier read of the same one', async () => {
    await write([record(11, 6, { city: 'Berlin' })], 1000);
    await expect(write([record(11, 5, { city: 'Bonn' })], 2000)).resolves.toEqual(nothing);
    await expect(write([record(11, 6, { city: 'Bonn' })], 999)).resolves.toEqual(nothing);
    expect(await rows()).toMatchObject([{ properties: { city: 'Berlin' } }]);
  });

  test('takes a value that changed without the time of its record, as calculated ones do, from a later read', async () => {
    await write([record(11, 6, { score: '1' })], 1000);
    await expect(write([record(11, 6, { score: '2' })], 1001)).resolves.toEqual({ ...nothing, updated: 1 });
  });

  test('stores a newer time without a new value, and tells nobody', async () => {
    await write([record(11, 5, { city: 'Bonn' })]);
    await expect(write([record(11, 7, { city: 'Bonn' })])).resolves.toEqual({ ...nothing, stored: 1 });
    expect(await rows()).toMatchObject([{ modifiedAt: new Date(at(7)), version: 2 }]);
    expect(await feed()).toHaveLength(1);
  });

  test('that shows a record twice keeps the newer of the two', async () => {
    await write([record(11, 7, { city: 'Berlin' }), record(12, 1, {}), record(11, 5, { city: 'Bonn' })]);
    expect(await rows()).toMatchObject([{ properties: { city: 'Berlin' } }, { id: '12' }]);
  });

  test('keeps NUL, half a surrogate pair and every other character of a value, and says them again', async () => {
    const notes = 'a\0b\uD800c\uE0000000\u{1F600}';
    await write([record(11, 5, { notes })]);
    expect(valuesOf((await rows())[0]!.properties)).toEqual({ notes });
  });

  test('is not written by a reader that has lost its place: to another, to a pause, to a new install', async () => {
    const page = [record(11, 5, { city: 'Bonn' })];
    const at700 = (more: Partial<SyncReader>) =>
      writePage(
        database.pool,
        { ...reader, ...more },
        {
          records: page.map(mirrored),
          readAt: new Date(),
          source: 'test',
          initial: true,
          cursor: { version: 2, kind: 'load' },
        },
      );
    await expect(at700({ fence: 0 })).resolves.toBeUndefined();
    await expect(at700({ epoch: 1 })).resolves.toBeUndefined();
    await expect(at700({ workspaceId: randomUUID() })).resolves.toBeUndefined();
    await database.admin.query('UPDATE sync_states SET paused_at = now() WHERE portal_id = $1', [portalId]);
    await expect(at700({})).resolves.toBeUndefined();
    expect(await rows()).toEqual([]);
    expect(await state()).toMatchObject({ live: '0', cursor: null });
  });

  test('finds each record by its whole key, new, the same or changed, in tables that were never analysed', async () => {
    const { pool, take } = createExplainedPool(database.adminUrl.reveal());
    const page = (from: number, minute: number) =>
      Array.from({ length: 50 }, (_, n) => record(from + n, minute, { n: `${minute}` }));
    try {
      const client = await pool.connect();
      try {
        // As the application reads, under row-level security.
        await client.query('SET ROLE sluice_app');
        for (let from = 1000; from < 2000; from += 50) await write(page(from, 1), 1, client);
        take();
        await expect(write(page(2000, 1), 2, client)).resolves.toEqual({ ...nothing, created: 50 });
        await expect(write(page(1500, 1), 3, client)).resolves.toEqual(nothing);
        await expect(write(page(1500, 2), 4, client)).resolves.toEqual({ ...nothing, updated: 50 });
      } finally {
        client.release();
      }
    } finally {
      await pool.end();
    }
    const reads = take().filter(({ relation, rows }) => relation.startsWith('crm_records') && rows > 0);
    expect(reads.map(({ node, rows }) => [node, rows])).toEqual([
      ['Index Scan', 50],
      ['Index Scan', 50],
    ]);
  });

  test('of a portal that has come to another workspace shows it nothing of before, and is not in its way', async () => {
    await write([record(11, 5, { city: 'Bonn' })]);
    const before = reader;
    reader = { ...reader, workspaceId: randomUUID() };
    await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [
      reader.workspaceId,
      'another',
    ]);
    await database.admin.query('UPDATE portals SET workspace_id = $2 WHERE portal_id = $1', [
      portalId,
      reader.workspaceId,
    ]);
    await begin(reader);
    expect(await rows()).toEqual([]);
    await expect(write([record(11, 4, { city: 'Köln' })], 1)).resolves.toEqual({ ...nothing, created: 1 });
    expect(await rows()).toMatchObject([{ properties: { city: 'Köln' } }]);
    reader = before;
    expect(await rows()).toMatchObject([{ properties: { city: 'Bonn' } }]);
  });
});

describe('the feed of changes', () => {
  test('passes over no change that commits late: it waits for the oldest transaction that runs', async () => {
    const slow = await database.pool.connect();
    try {
      await slow.query('BEGIN');
      reader = { ...reader };
      await write([record(11, 5, {})], 1000, slow);
      const other = { ...reader, portalId: (portalId += 1) };
      await begin(other);
      const mine = reader;
      reader = other;
      await write([record(21, 5, {})]);
      reader = mine;
      expect(await shown()).toEqual([]);
      await slow.query('COMMIT');
    } finally {
      slow.release();
    }
    expect((await feed()).map(({ recordId }) => recordId)).toEqual(['11', '21']);
  });

  test('numbers the transaction of a page when it has its place, and not before: what committed meanwhile comes first', async () => {
    const [first, second, other] = await Promise.all([1, 2, 3].map(() => database.pool.connect()));
    try {
      await first!.query('BEGIN');
      await write([record(11, 5, {})], 1000, first);
      await second!.query('BEGIN');
      const waiting = write([record(11, 6, { n: '1' })], 1001, second);
      await until(
        'the second page waits',
        async () => {
          const { rowCount } = await database.admin.query(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          );
          return (rowCount ?? 0) > 0;
        },
        10_000,
      );
      const { rows } = await other!.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
      await first!.query('COMMIT');
      await waiting;
      await second!.query('COMMIT');
      const told = await feed();
      expect(BigInt(told[1]!.transactionId)).toBeGreaterThan(BigInt(rows[0]!.xid));
      expect(BigInt(told[0]!.transactionId)).toBeLessThan(BigInt(rows[0]!.xid));
    } finally {
      for (const client of [first, second, other]) client!.release();
    }
  });

  test('has the changes of a record in the order in which they were committed, however writers meet', async () => {
    const versions = Array.from({ length: 40 }, (_, n) => n);
    await Promise.all(versions.map((n) => write([record(11, n, { n: String(n) })], n)));
    const told = await feed();
    const seen = told.map(({ changed }) => (Array.isArray(changed.n) ? changed.n[1] : changed.n));
    expect([...seen].map(Number)).toEqual([...seen].map(Number).sort((a, b) => a - b));
    expect(seen.at(-1)).toBe('39');
  });

  test('replayed gives the mirror, and the mirror has the newest of all that was seen, in whatever order pages came', async () => {
    const seen = fc.record({
      id: fc.integer({ min: 1, max: 5 }),
      modified: fc.integer({ min: 0, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(seen, { maxLength: 6 }), { maxLength: 8 }), async (pages) => {
        portalId += 1;
        reader = { ...reader, workspaceId: randomUUID(), portalId };
        await begin(reader);
        // At one moment a record has one value, as HubSpot has it.
        const valueAt = (id: number, modified: number) => ({
          value: `${id % 2}:${modified >> 1}`,
          id: String(id),
        });
        for (const [n, page] of pages.entries())
          await write(
            page.map(({ id, modified }) => record(id, modified, valueAt(id, modified))),
            n,
          );

        const newest = new Map<number, number>();
        for (const { id, modified } of pages.flat()) newest.set(id, Math.max(modified, newest.get(id) ?? 0));
        const truth = [...newest]
          .sort(([a], [b]) => a - b)
          .map(([id, modified]) => [String(id), valueAt(id, modified)]);
        expect((await rows()).map(({ id, properties }) => [id, properties])).toEqual(truth);

        expect(replayFeed(await feed())).toEqual(truth);
        expect((await state())?.live).toBe(String(newest.size));
      }),
      { numRuns: 40 },
    );
  });
});
