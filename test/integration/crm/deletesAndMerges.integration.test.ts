import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { survivorOf } from '../../../src/db/crm/aliases.js';
import { readChanges, type StoredChange } from '../../../src/db/crm/changes.js';
import { deleteRecords } from '../../../src/db/sync/deletes.js';
import { mergeRecords } from '../../../src/db/sync/merges.js';
import { writePage } from '../../../src/db/sync/pages.js';
import type { SyncReader } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { mirrored, type Properties, type SeenRecord } from '../../../src/domain/crm/mirroredRecord.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { replayFeed } from '../../support/replayFeed.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let reader: SyncReader;
let portalId = 710_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => begin());

async function begin(): Promise<void> {
  portalId += 1;
  reader = { workspaceId: randomUUID(), portalId, objectType: 'contacts', epoch: 0, fence: 1 };
  const { workspaceId } = reader;
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [workspaceId]);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    ...[portalId, workspaceId],
  ]);
  await database.admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, 'contacts', 1)`,
    [workspaceId, portalId],
  );
}

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes));
const record = (id: number, modified: number, properties: Properties): SeenRecord => ({
  id: String(id),
  properties,
  createdAt: at(0).toISOString(),
  modifiedAt: at(modified).toISOString(),
});
const survivor = (id: number, modified: number, losers: readonly number[], properties: Properties = {}) =>
  record(id, modified, { ...properties, hs_merged_object_ids: losers.join(';') });
const db = () => forWorkspace(database.pool, reader.workspaceId);
const write = (records: readonly SeenRecord[], readAt: number) =>
  writePage(db(), reader, {
    records: records.map(mirrored),
    readAt: at(readAt),
    source: 'test',
    initial: false,
    cursor: { version: 2, kind: 'load' },
  });
const archive = (ids: readonly number[], archived: number, readAt: number) =>
  deleteRecords(db(), reader, {
    archived: ids.map((id) => ({ id: String(id), archivedAt: at(archived) })),
    readAt: at(readAt),
    source: 'test',
  });

async function mirror(): Promise<[string, Properties][]> {
  const { rows } = await db().query<{ id: string; properties: Properties }>(
    `SELECT id::text, properties FROM crm_records
      WHERE portal_id = $1 AND archived_at IS NULL ORDER BY crm_records.id`,
    [portalId],
  );
  return rows.map(({ id, properties }) => [id, properties]);
}
async function state() {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    'SELECT * FROM sync_states WHERE portal_id = $1',
    [portalId],
  );
  return rows[0]!;
}
/** It is shown when the transactions of others, in whichever database of the server, have ended. */
async function feed(): Promise<StoredChange[]> {
  const { rows } = await database.admin.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM crm_changes WHERE workspace_id = $1',
    [reader.workspaceId],
  );
  return until(
    'the feed shows every change',
    async () => {
      const { changes } = await readChanges(database.pool, reader.workspaceId, {
        after: { generation: 1, transaction: '0', change: '0' },
        now: 1,
        limit: 10_000,
      });
      return changes.length === rows[0]?.count && changes;
    },
    20_000,
    5,
  );
}
const told = async () =>
  (await feed()).map(({ recordId, action, mergedIds }) => [action, recordId, ...(mergedIds ?? [])].join(' '));
const leadsTo = (id: number) => survivorOf(db(), reader, String(id));

describe('a delete', () => {
  test('is told once, with the values that the record had and when HubSpot deleted it, and is counted with it', async () => {
    await write([record(11, 5, { city: 'Bonn' }), record(12, 5, {})], 10);
    await expect(archive([11], 15, 20)).resolves.toEqual({ deleted: 1, held: 0 });
    await expect(archive([11], 15, 30)).resolves.toEqual({ deleted: 0, held: 0 });
    expect((await feed()).at(-1)).toMatchObject({
      action: 'Deleted',
      recordId: '11',
      changed: { city: 'Bonn' },
      happenedAt: at(15),
    });
    expect(await told()).toEqual(['Created 11', 'Created 12', 'Deleted 11']);
    expect(await mirror()).toEqual([['12', {}]]);
    expect(await state()).toMatchObject({ live: '1' });
  });

  test('of a record that the mirror never had is told to nobody, however often the recycle bin shows it', async () => {
    await write([record(12, 5, {})], 10);
    await archive([11], 15, 20);
    await archive([11], 15, 30);
    expect(await told()).toEqual(['Created 12']);
  });

  test('is none where a later read has shown the record, and the record comes back by a later read alone', async () => {
    await write([record(11, 5, { city: 'Bonn' })], 10);
    await expect(archive([11], 4, 9)).resolves.toEqual({ deleted: 0, held: 0 });
    await archive([11], 15, 20);
    await write([record(11, 5, { city: 'Bonn' })], 19);
    expect(await mirror()).toEqual([]);
    await expect(write([record(11, 5, { city: 'Bonn' })], 21)).resolves.toMatchObject({ restored: 1 });
    expect((await feed()).at(-1)).toMatchObject({ action: 'Restored', changed: { city: 'Bonn' } });
    expect(await state()).toMatchObject({ live: '1' });
  });

  test('is written by nobody who has lost the place', async () => {
    await write([record(11, 5, {})], 10);
    await database.admin.query('UPDATE sync_states SET fence = 2 WHERE portal_id = $1', [portalId]);
    await expect(archive([11], 15, 20)).resolves.toBeUndefined();
    expect(await mirror()).toHaveLength(1);
  });
});

describe('many deletes', () => {
  const ids = Array.from({ length: 150 }, (_, n) => n + 1);
  beforeEach(() =>
    write(
      ids.map((id) => record(id, 5, {})),
      10,
    ),
  );

  test('of an hour wait for a word beyond a hundred, or 1 % of the records: none of those is told before it', async () => {
    await expect(archive(ids.slice(0, 60), 15, 20)).resolves.toEqual({ deleted: 60, held: 0 });
    await expect(archive(ids.slice(60, 120), 15, 20)).resolves.toEqual({ deleted: 0, held: 60 });
    await expect(archive([121], 15, 20)).resolves.toEqual({ deleted: 0, held: 1 });
    expect(await state()).toMatchObject({ live: '90', deletes: 60, deletes_held: 60 });
    expect((await state()).deletes_held_at).not.toBeNull();
    await database.admin.query('UPDATE sync_states SET live = 12000, deletes_held_at = NULL');
    await expect(archive(ids.slice(60, 120), 15, 20)).resolves.toEqual({ deleted: 60, held: 0 });
  });

  test('that were released are told, however many; those that were refused stay in the mirror', async () => {
    await database.admin.query('UPDATE sync_states SET deletes_released_until = $1', [at(15)]);
    await expect(archive(ids.slice(0, 140), 15, 20)).resolves.toEqual({ deleted: 140, held: 0 });
    await database.admin.query('UPDATE sync_states SET deletes_refused_until = $1', [at(30)]);
    await expect(archive(ids.slice(140), 25, 40)).resolves.toEqual({ deleted: 0, held: 0 });
    await expect(archive(ids.slice(140), 35, 40)).resolves.toEqual({ deleted: 10, held: 0 });
    expect(await state()).toMatchObject({ live: '0', deletes_held_at: null });
  });
});

describe('a merge', () => {
  test('is one change of the survivor, which names the others, whichever id it has: no delete, and no new record', async () => {
    await write([record(11, 5, { city: 'Bonn' }), record(12, 5, {}), record(13, 5, { zip: '1' })], 10);
    await expect(write([survivor(20, 8, [11, 12], { city: 'Bonn' })], 20)).resolves.toMatchObject({
      ...{ merged: 1, created: 0, updated: 0 },
    });
    await write([survivor(13, 9, [20, 11, 12], { zip: '2' })], 30);
    expect((await told()).slice(3)).toEqual(['Merged 20 11 12', 'Merged 13 20']);
    const [first, second] = (await feed()).slice(3);
    expect(first).toMatchObject({ changed: { city: [null, 'Bonn'] }, happenedAt: at(8) });
    expect(second).toMatchObject({ changed: { zip: ['1', '2'] } });
    expect(await state()).toMatchObject({ live: '1' });
    expect(await Promise.all([11, 12, 20, 13].map(leadsTo))).toEqual(['13', '13', '13', undefined]);
  });

  test('is shown again, or by a late page of a loser, and changes nothing', async () => {
    await write([record(11, 5, {}), record(12, 5, {})], 10);
    await write([survivor(20, 8, [11, 12])], 20);
    await write([survivor(30, 9, [11, 12, 20])], 30);
    const before = await mirror();
    await write([record(11, 50, { late: '1' }), survivor(20, 60, [11, 12])], 40);
    await archive([11, 20], 8, 50);
    expect(await mirror()).toEqual(before);
    expect((await told()).slice(2)).toEqual(['Merged 20 11 12', 'Merged 30 20']);
    expect(await state()).toMatchObject({ live: '1' });
  });

  test('of a merged record that shows a loser more, late, leads to the record that it is by now', async () => {
    await write([record(11, 5, {}), record(12, 5, {})], 10);
    await write([survivor(30, 9, [20])], 20);
    await write([survivor(20, 8, [11, 12])], 15);
    expect(await Promise.all([11, 12, 20].map(leadsTo))).toEqual(['30', '30', '30']);
    expect((await told()).slice(2)).toEqual(['Created 30', 'Merged 30 11 12']);
    expect(await mirror()).toEqual([['30', { hs_merged_object_ids: '20' }]]);
  });

  test('of records that the mirror never had is a record as any other, whose former ids lead to it', async () => {
    await write([survivor(20, 8, [11, 12])], 10);
    expect(await told()).toEqual(['Created 20']);
    expect(await leadsTo(11)).toBe('20');
    await write([record(11, 5, {})], 20);
    expect(await told()).toEqual(['Created 20']);
  });
});

/* HubSpot as these tests have it: records are edited, deleted, restored and merged, and reads of it arrive late. */

interface Known {
  modified: number;
  values: Properties;
  archived: number | undefined;
}
interface Step {
  do: 'edit' | 'archive' | 'restore' | 'list' | 'bin' | 'merge';
  id: number;
  /** Of a merge: what goes into it, and whether a third record comes of both. */
  other: number;
  isThird: boolean;
}
type Read = { at: number; delay: number } & (
  { seen: readonly SeenRecord[] } | { bin: readonly (SeenRecord & { archived: number })[] }
);

const IDS = [1, 2, 3, 4, 5];
const anId = fc.constantFrom(...IDS, 101, 102, 103);
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...(['edit', 'archive', 'restore', 'list', 'list', 'bin', 'merge', 'merge', 'merge'] as const),
  ),
  ...{ id: anId, other: anId, isThird: fc.boolean() },
});

/** Every read that somebody made of such a HubSpot, and what is there in the end. */
function play(steps: readonly Step[], delays: readonly number[]) {
  const records = new Map<number, Known>(
    IDS.map((id) => [id, { modified: 0, values: { n: String(id) }, archived: undefined }]),
  );
  const reads: Read[] = [];
  let third = 100;
  const isLive = (id: number) => records.get(id)?.archived === undefined && records.has(id);
  const live = () => [...records].filter(([id]) => isLive(id));
  const list = (now: number, delay: number) =>
    reads.push({ at: now, delay, seen: live().map(([id, one]) => record(id, one.modified, one.values)) });
  const bin = (now: number, delay: number) =>
    reads.push({
      ...{ at: now, delay },
      bin: [...records].flatMap(([id, { archived, modified, values }]) =>
        archived === undefined ? [] : [{ ...record(id, modified, values), archived }],
      ),
    });
  for (const [n, one] of steps.entries()) {
    const now = n + 1;
    const delay = delays[n] ?? 0;
    const known = records.get(one.id);
    if (one.do === 'list') list(now, delay);
    else if (one.do === 'bin') bin(now, delay);
    else if (!known) continue;
    else if (one.do === 'restore') known.archived = undefined;
    else if (known.archived !== undefined) continue;
    else if (one.do === 'archive') known.archived = now;
    else if (one.do === 'edit')
      Object.assign(known, { modified: now, values: { ...known.values, n: String(now) } });
    else if (one.other !== one.id && isLive(one.other)) {
      const other = records.get(one.other)!;
      const id = one.isThird ? (third += 1) : one.id;
      const ids = [known, other].flatMap(({ values }) => (values.hs_merged_object_ids ?? '').split(';'));
      const merged = [...new Set([...ids, String(one.id), String(one.other)])].filter(
        (text) => text !== '' && text !== String(id),
      );
      records.delete(one.id);
      records.delete(one.other);
      const values = { ...other.values, ...known.values, hs_merged_object_ids: merged.join(';') };
      records.set(id, { modified: now, values, archived: undefined });
    }
  }
  list(steps.length + 1, 1000);
  bin(steps.length + 2, 1001);
  reads.sort((a, b) => a.at + a.delay - (b.at + b.delay));
  return { reads, truth: live().map(([id, { values }]): [string, Properties] => [String(id), values]) };
}

async function writeBin(bin: readonly (SeenRecord & { archived: number })[], readAt: number) {
  const found = { readAt: at(readAt), source: 'test' };
  await mergeRecords(db(), reader, { records: bin.map(mirrored), ...found });
  const archived = bin.map(({ id, archived: since }) => ({ id, archivedAt: at(since) }));
  await deleteRecords(db(), reader, { archived, ...found });
}

describe('the mirror of records that are edited, deleted, restored and merged', () => {
  test('is what HubSpot has, the feed replayed is the mirror, and both are counted, in whatever order reads arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 40, maxLength: 40 }),
        async (steps, delays) => {
          await begin();
          const { reads, truth } = play(steps, delays);
          for (const read of reads)
            if ('seen' in read) await write(read.seen, read.at);
            else await writeBin(read.bin, read.at);
          const sorted = truth.sort(([a], [b]) => Number(a) - Number(b));
          expect(await mirror()).toEqual(sorted);
          expect(replayFeed(await feed())).toEqual(sorted);
          expect(await state()).toMatchObject({ live: String(truth.length) });
          const { rows } = await db().query(
            `SELECT a.id FROM crm_aliases a JOIN crm_aliases b ON b.portal_id = a.portal_id AND b.id = a.survivor_id
              WHERE a.portal_id = $1`,
            [portalId],
          );
          expect(rows).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
