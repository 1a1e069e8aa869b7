import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { survivorOf } from '../../../src/db/crm/aliases.js';
import { readChanges } from '../../../src/db/crm/changes.js';
import { decideOnDeletes } from '../../../src/db/sync/deletesHeld.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Properties } from '../../../src/domain/crm/mirroredRecord.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { RUN_PASS } from '../../../src/services/sync/passes/passes.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, seedContacts } from '../../support/mirror.js';
import { replayFeed } from '../../support/replayFeed.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { watchSyncs } from '../../../src/services/sync/instruments.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const CONTACTS = '/crm/objects/2026-03/contacts';

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let unhandled: unknown[];
const gateway = crmGateway(() => crm);
const { asked } = gateway;

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(async () => {
  gateway.forget();
  unhandled = [];
  await database.admin.query('TRUNCATE call_counts');
});
afterEach(() => expect(unhandled).toEqual([]));

const deps = () => mirrorDeps(database, gateway);
const options = () => ({ ...runOptions(object), onUnhandled: (error: unknown) => unhandled.push(error) });
const follow = () => runSync(deps(), options());
const pass = () => RUN_PASS.archived(deps(), options());
const db = () => forWorkspace(database.pool, object.workspaceId);

async function state() {
  const { rows } = await database.admin.query<Record<string, unknown>>('SELECT * FROM sync_states');
  return rows[0]!;
}
async function mirror(): Promise<[string, Properties][]> {
  const { rows } = await db().query<{ id: string; properties: Properties }>(
    'SELECT id::text, properties FROM crm_records WHERE archived_at IS NULL ORDER BY crm_records.id',
  );
  return rows.map(({ id, properties }) => [id, properties]);
}
async function feed() {
  const { rows } = await db().query<{ count: number }>('SELECT count(*)::int AS count FROM crm_changes');
  const after = { generation: 1, transaction: '0', change: '0' };
  return until(
    'the feed shows every change',
    async () => {
      const { changes } = await readChanges(database.pool, object.workspaceId, {
        ...{ after, now: 1, limit: 10_000 },
      });
      return changes.length === rows[0]?.count && changes;
    },
    20_000,
  );
}
/** Without what the first load has told. */
const told = async () =>
  (await feed())
    .filter(({ initial }) => !initial)
    .map(({ action, recordId, mergedIds }) => [action, recordId, ...(mergedIds ?? [])].join(' '));
/** The mirror beside what HubSpot has, and what the feed comes to beside the mirror. */
async function compare() {
  const rows = await mirror();
  const lines = rows.map(([id, properties]) =>
    JSON.stringify({ portalId: PORTAL, objectType: 'contacts', id, properties }),
  );
  expect(replayFeed(await feed())).toEqual(rows);
  expect(await state()).toMatchObject({ live: String(rows.length) });
  return (await crm.control('POST', '/verify?types=contacts', lines.join('\n'))).body;
}

const seed = (count: number) => seedContacts(crm, count);
async function archive(ids: readonly string[]): Promise<void> {
  for (let n = 0; n < ids.length; n += 100)
    await crm.post(`${CONTACTS}/batch/archive`, { inputs: ids.slice(n, n + 100).map((id) => ({ id })) });
}
const restore = (ids: readonly string[]) =>
  crm.control('POST', `/portals/${PORTAL}/crm/contacts/restore`, { ids: ids.map(Number) });
async function merge(primaryObjectId: string, objectIdToMerge: string): Promise<string> {
  const { status, body } = await crm.post(`${CONTACTS}/merge`, { primaryObjectId, objectIdToMerge });
  expect(status).toBe(200);
  return body.id as string;
}

describe('deletes', () => {
  test('that no search shows are told once each by the round over the recycle bin, and what comes back is told, too', async () => {
    const ids = await seed(250);
    await follow();
    const gone = ids.slice(20, 80);
    await archive(gone);
    await follow();
    expect(await told()).toEqual([]);
    await expect(pass()).resolves.toMatchObject({ ended: 'done', changed: 60 });
    for (let n = 0; n < 2; n += 1) await expect(pass()).resolves.toMatchObject({ changed: 0 });
    expect((await told()).sort()).toEqual(gone.map((id) => `Deleted ${id}`));
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });

    await restore(gone.slice(0, 5));
    await expect(pass()).resolves.toMatchObject({ ended: 'done', changed: 5 });
    await pass();
    expect((await told()).slice(60).sort()).toEqual(gone.slice(0, 5).map((id) => `Restored ${id}`));
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, stale: 0, records: 195 });
  });

  test('that are known write no row again, and cost no call but those of the bin: what came back is found among all', async () => {
    const ids = await seed(400);
    await follow();
    await archive(ids.slice(0, 260));
    await database.admin.query('UPDATE sync_states SET deletes_released_until = now() + $1', ['1 hour']);
    await pass();
    const rows = async () =>
      (
        await database.admin.query<{ id: string; xmin: string }>(
          'SELECT id::text, xmin::text FROM crm_records WHERE workspace_id = $1 ORDER BY crm_records.id',
          [object.workspaceId],
        )
      ).rows;
    const before = await rows();
    asked.length = 0;
    await expect(pass()).resolves.toMatchObject({ ended: 'done', seen: 260, changed: 0 });
    expect(await rows()).toEqual(before);
    expect(asked).toEqual(['listObjects', 'listObjects', 'listObjects']);
    await restore([ids[77]!]);
    await expect(pass()).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect((await rows()).filter((row, n) => row.xmin !== before[n]?.xmin)).toMatchObject([{ id: ids[77] }]);
  });

  test('of a moment ago are asked about one by one while there is room for errors in the day; else the next round has them', async () => {
    const ids = await seed(30);
    await follow();
    await archive(ids.slice(0, 3));
    await database.admin.query(
      `INSERT INTO call_counts (workspace_id, portal_id, day, calls, errors) VALUES ($1, $2, '2026-11-25', 1000, 18)`,
      [object.workspaceId, PORTAL],
    );
    const pass = () => RUN_PASS.archived({ ...deps(), maxErrorShare: 0.05 }, options());
    await expect(pass()).resolves.toMatchObject({ ended: 'done', changed: 0 });
    expect(asked).not.toContain('readObject');
    await database.admin.query('UPDATE call_counts SET errors = 17');
    await database.admin.query('UPDATE sync_passes SET due_at = now()');
    await expect(pass()).resolves.toMatchObject({ changed: 3 });
    expect(asked.filter((resource) => resource === 'readObject')).toHaveLength(3);

    await database.admin.query('UPDATE call_counts SET errors = 1000');
    await archive(ids.slice(3, 6));
    await database.admin.query(`UPDATE sync_states SET fresh_until = now() + interval '1 minute'`);
    await expect(pass()).resolves.toMatchObject({ changed: 3 });
    expect(asked.filter((resource) => resource === 'readObject')).toHaveLength(3);
  });

  test('of records that the mirror never had are told to nobody, however often the recycle bin shows them', async () => {
    const ids = await seed(30);
    await archive(ids.slice(0, 10));
    await follow();
    for (let n = 0; n < 2; n += 1) await expect(pass()).resolves.toMatchObject({ seen: 10, changed: 0 });
    expect(await told()).toEqual([]);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, records: 20 });
  });

  test('of records that the search still shows are told at once, where the recycle bin confirms them', async () => {
    const ids = await seed(30);
    await follow();
    await crm.patch(`${CONTACTS}/${ids[3]}`, { properties: { firstname: 'Edited' } });
    await crm.settings({ searchIndexLagMs: 60_000 });
    await crm.patch(`${CONTACTS}/${ids[3]}`, { properties: { firstname: 'Again' } });
    await archive([ids[3]!]);
    await follow();
    await follow();
    expect(await told()).toEqual([`Deleted ${ids[3]}`]);
    expect((await feed()).at(-1)?.changed).toMatchObject({ firstname: 'Name 3' });
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0 });
  });

  test('are none of records that a batch read leaves out and the recycle bin does not have', async () => {
    const ids = await seed(30);
    await follow();
    const before = await mirror();
    await crm.patch(`${CONTACTS}/${ids[3]}`, { properties: { firstname: 'Edited' } });
    const blind = {
      async request(request: GatewayRequest): Promise<Outcome> {
        if (request.resource === 'readObject')
          return { kind: 'notFound', status: 404, message: 'It is not shown' };
        if (request.resource !== 'readObjects') return gateway.request(request);
        return { kind: 'ok', status: 200, body: { results: [] } };
      },
    };
    await runSync({ ...deps(), gateway: blind }, { ...options(), onPage: () => undefined });
    expect(await mirror()).toEqual(before);
    expect(await told()).toEqual([]);
  });

  test('of more records of one page than a batch has are all found', async () => {
    const ids = await seed(200);
    await follow();
    await crm.settings({ searchIndexLagMs: 0 });
    await crm.control('POST', `/portals/${PORTAL}/crm/contacts/bulk-edit`, {
      count: 200,
      properties: { city: 'Bern' },
    });
    await until('the second is over', () => Date.now() % 1000 < 50, 5000, 5);
    let archived: Promise<void> | undefined;
    const between = {
      async request(request: GatewayRequest): Promise<Outcome> {
        if (request.resource === 'readObjects') await (archived ??= archive(ids));
        return gateway.request(request);
      },
    };
    await database.admin.query('UPDATE sync_states SET deletes_released_until = now() + $1', ['1 hour']);
    await runSync({ ...deps(), gateway: between }, { ...options(), onPage: () => undefined });
    expect((await told()).sort()).toEqual(ids.map((id) => `Deleted ${id}`).sort());
  });

  test('of an hour beyond 1 %, and a hundred, wait for a word; released they are told, and refused ones stay', async () => {
    const ids = await seed(300);
    await follow();
    await archive(ids.slice(0, 150));
    await expect(pass()).resolves.toMatchObject({ ended: 'done', changed: 100 });
    expect(await state()).toMatchObject({ live: '200', deletes_held: 50 });
    const held = `sluice_sync_held_deletes{portal="${PORTAL}",type="contacts",service="test"}`;
    expect(await scrape()).toContain(`${held} 50\n`);
    await expect(pass()).resolves.toMatchObject({ changed: 0 });
    expect(await state()).toMatchObject({ live: '200', deletes_held: 50 });
    expect(await decideOnDeletes(db(), object, 'release')).toBe(true);
    await expect(pass()).resolves.toMatchObject({ changed: 50 });
    expect(await state()).toMatchObject({ deletes_held: 0, deletes_held_at: null });
    expect(await scrape()).not.toContain(held);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, records: 150 });

    await archive(ids.slice(150, 290));
    await pass();
    expect(await state()).toMatchObject({ live: '150', deletes_held: 140 });
    expect(await decideOnDeletes(db(), object, 'refuse')).toBe(true);
    await pass();
    expect(await state()).toMatchObject({ deletes_held: 0, deletes_held_at: null });
    expect(await told()).toHaveLength(150);
    // Of each page of the bin those that stay are asked about: what the mirror has as deleted is not.
    asked.length = 0;
    await pass();
    expect(asked.filter((resource) => resource === 'readObjects').length).toBeLessThanOrEqual(6);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 140 });
  });
});

/** Of an API that begins now. */
async function scrape(): Promise<string> {
  const metrics = createMetrics('test');
  watchSyncs(metrics, database.pool);
  return (await metrics.render()).text;
}

describe.each([
  { batchReadsFollowMergedIds: true, mergedRecordsAreArchived: false, mergesKeepTheFirstId: false },
  { batchReadsFollowMergedIds: false, mergedRecordsAreArchived: true, mergesKeepTheFirstId: false },
  { batchReadsFollowMergedIds: false, mergedRecordsAreArchived: false, mergesKeepTheFirstId: true },
  { batchReadsFollowMergedIds: true, mergedRecordsAreArchived: true, mergesKeepTheFirstId: true },
])('merges, where %j', (how) => {
  beforeEach(() => crm.settings(how));

  test('are one change each of the record that there is then, chains too, and no delete, whoever finds them first', async () => {
    const ids = await seed(40);
    await follow();
    const first = await merge(ids[1]!, ids[2]!);
    await follow();
    const second = await merge(first, ids[3]!);
    const third = await merge(ids[10]!, ids[11]!);
    const fourth = await merge(third, ids[12]!);
    // Nobody has searched since.
    await pass();
    await follow();
    await pass();
    const changes = await told();
    expect(changes.filter((one) => !one.startsWith('Merged'))).toEqual([]);
    const merged = (await feed()).flatMap(({ mergedIds, recordId }) =>
      (mergedIds ?? []).map((id) => [id, recordId] as const),
    );
    expect(new Set(merged.map(([id]) => id)).size).toBe(merged.length);
    for (const id of [1, 2, 3].map((n) => ids[n]!).filter((one) => one !== second))
      expect(await survivorOf(db(), object, id)).toBe(second);
    for (const id of [10, 11, 12].map((n) => ids[n]!).filter((one) => one !== fourth))
      expect(await survivorOf(db(), object, id)).toBe(fourth);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, stale: 0, records: 36 });
  });

  test('before the survivor was deleted are told before its delete, and nothing of them is left', async () => {
    const ids = await seed(30);
    await follow();
    const survivor = await merge(ids[1]!, ids[2]!);
    await archive([survivor]);
    await follow();
    await pass();
    await pass();
    const changes = await told();
    expect(changes.map((one) => one.split(' ')[0])).toEqual(['Merged', 'Deleted']);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, records: 28 });
  });

  test('deletes, restores and edits while pages are read leave a mirror of what HubSpot has', async () => {
    await seed(400);
    await crm.control('POST', `/portals/${PORTAL}/crm/mutator`, {
      ...{ types: ['contacts'], seed: 7, perPage: 6, count: 150 },
      weights: { edit: 4, create: 2, archive: 4, restore: 2, merge: 4, purge: 0, recalculate: 0 },
    });
    await follow();
    for (let n = 0; n < 40; n += 1) {
      await follow();
      await pass();
      const { body } = await crm.get(`/crm/objects/2026-03/contacts?limit=1`);
      expect(body.results).toHaveLength(1);
    }
    await database.admin.query('UPDATE sync_states SET deletes_released_until = now()');
    await follow();
    await pass();
    await pass();
    expect((await crm.control('GET', `/portals/${PORTAL}/crm/mutator`)).body.running).toBe(false);
    expect(await compare()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });
});

describe('where a record of the type was erased', () => {
  const key = Buffer.alloc(32, 7);
  const withKey = () => ({
    ...deps(),
    tombstones: { of: () => Promise.resolve({ setting: key.toString('hex'), mark: () => key }) },
  });
  const followOn = () => runSync(withKey(), { ...options(), onPage: () => undefined });
  const erase = (id: string) =>
    database.admin.query(
      `WITH gone AS (DELETE FROM crm_records WHERE workspace_id = $1 AND id = $4::bigint),
            counted AS (UPDATE sync_states SET live = live - 1 WHERE workspace_id = $1)
       INSERT INTO crm_tombstones (workspace_id, portal_id, object_type, mark)
       VALUES ($1, $3, 'contacts', crm_mark($2, $3, 'contacts', $4::bigint))`,
      [object.workspaceId, key, PORTAL, id],
    );

  test('merges and deletes of others go on, and its id leads nowhere when it is merged', async () => {
    await crm.settings({ mergesKeepTheFirstId: true, mergedRecordsAreArchived: true });
    const ids = await seed(30);
    await follow();
    await erase(ids[2]!);
    await merge(ids[1]!, ids[2]!);
    await merge(ids[3]!, ids[4]!);
    await archive([ids[3]!]);
    for (let n = 0; n < 2; n += 1) {
      await expect(followOn()).resolves.toMatchObject({ ended: 'done' });
      await expect(RUN_PASS.archived(withKey(), options())).resolves.toMatchObject({ ended: 'done' });
    }
    expect(await survivorOf(db(), object, ids[2]!)).toBeUndefined();
    expect(await survivorOf(db(), object, ids[4]!)).toBe(ids[3]);
    expect((await told()).some((one) => one.split(' ').slice(1).includes(ids[2]!))).toBe(false);
    const left = (await mirror()).map(([id]) => id);
    expect(ids.slice(1, 5).map((id) => left.includes(id))).toEqual([true, false, false, false]);
  });
});
