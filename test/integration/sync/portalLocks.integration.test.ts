import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { writeEdges } from '../../../src/db/crm/edges.js';
import { tellDeletes } from '../../../src/db/sync/deletes.js';
import { endSyncs, resumeSyncs } from '../../../src/db/sync/ends.js';
import { writePage } from '../../../src/db/sync/pages.js';
import { writePassStep, type PassReader } from '../../../src/db/sync/passes.js';
import type { SyncReader } from '../../../src/db/sync/reader.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let workspaceId: string;
let portalId = 760_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  portalId += 1;
  workspaceId = randomUUID();
  await run('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', workspaceId);
  await run('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', portalId, workspaceId);
  for (const type of ['contacts', 'companies']) {
    await run(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type, fence, live) VALUES ($1, $2, $3, 1, 1)`,
      ...[workspaceId, portalId, type],
    );
    await run(
      `INSERT INTO sync_passes (workspace_id, portal_id, object_type, pass, fence) VALUES ($1, $2, $3, 'archived', 1)`,
      ...[workspaceId, portalId, type],
    );
    await run(
      `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
       VALUES ($1, $2, $3, 1, '{}', '', now(), now(), now(), 'test')`,
      ...[workspaceId, portalId, type],
    );
  }
});

const run = (text: string, ...values: unknown[]) => database.admin.query(text, values);
const reader = (objectType: string): SyncReader => ({
  workspaceId,
  portalId,
  objectType,
  epoch: 0,
  fence: 1,
});
const passOf = (objectType: string): PassReader => ({ ...reader(objectType), pass: 'archived' });
const EDGE = { from: '1', to: '1', category: 'HUBSPOT_DEFINED', typeId: 279, label: null };
const associate = (client: pg.PoolClient, objectType: string, toType: string) =>
  writeEdges(
    client,
    { workspaceId, portalId, objectType },
    { toType, ids: ['1'], edges: [EDGE], readAt: new Date() },
    { initial: false },
  );
const remove = (client: pg.PoolClient, objectType: string) =>
  tellDeletes(
    client,
    { workspaceId, portalId, objectType },
    { archived: [{ id: '1', archivedAt: new Date() }], readAt: new Date(), source: 'test' },
    { isRound: true },
  );
/** A step of a pass that deletes the record, begun and held until it is told to go on. */
const deletes = (objectType: string, meanwhile: () => Promise<void> = () => Promise.resolve()) =>
  writePassStep({ pool: database.pool }, passOf(objectType), {
    ...{ cursor: null, seen: 1, isWide: true },
    async write(client) {
      await meanwhile();
      return (await remove(client, objectType)).deleted;
    },
  });
/** A page of contacts, held before it writes that the contact has a company. */
const page = (meanwhile: () => Promise<void> = () => Promise.resolve()) =>
  inWorkspace(database.pool, workspaceId, async (client) => {
    await writePage(client, reader('contacts'), {
      ...{ records: [], readAt: new Date(), source: 'test', initial: false },
      cursor: { version: 1, kind: 'follow', from: 0 },
    });
    await meanwhile();
    return associate(client, 'contacts', 'companies');
  });
const somebodyWaits = () =>
  until(
    'somebody waits for a lock',
    async () => {
      const { rows } = await run(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    },
    10_000,
    5,
  );
const edges = async () =>
  (await run('SELECT FROM crm_edges WHERE workspace_id = $1 AND removed_at IS NULL', workspaceId)).rows
    .length;

describe('two who delete records of types that are associated', () => {
  test('wait for each other in one order, and none of them has to come again', async () => {
    await inWorkspace(database.pool, workspaceId, (client) => associate(client, 'contacts', 'companies'));
    await inWorkspace(database.pool, workspaceId, (client) => associate(client, 'companies', 'contacts'));
    let second: Promise<unknown> | undefined;
    const first = deletes('contacts', async () => {
      second = Promise.allSettled([deletes('companies')]);
      await somebodyWaits();
    });
    await expect(first).resolves.toBe(1);
    await expect(second).resolves.toEqual([{ status: 'fulfilled', value: 1 }]);
    expect(await edges()).toBe(0);
  });
});

describe('a company that is deleted while a page says that a contact has it', () => {
  test('has no association left, when the page is written first', async () => {
    let deleted: Promise<unknown> | undefined;
    await page(async () => {
      deleted = deletes('companies');
      await somebodyWaits();
    });
    await deleted;
    expect(await edges()).toBe(0);
  });

  test('gets no association, when it is deleted first', async () => {
    let written: Promise<unknown> | undefined;
    await deletes('companies', async () => {
      written = page();
      await somebodyWaits();
    });
    await expect(written).resolves.toEqual({ associated: 0, dissociated: 0 });
    expect(await edges()).toBe(0);
  });
});

describe('a portal that goes or comes back', () => {
  test('waits for who writes to its types, and makes nobody come again', async () => {
    for (const change of [resumeSyncs, endSyncs]) {
      let changed: Promise<number> | undefined;
      // The last type first: who locks in no order has its row before the first one's.
      await run(
        'UPDATE sync_states SET live = live WHERE workspace_id = $1 AND object_type = $2',
        workspaceId,
        'companies',
      );
      await expect(
        deletes('contacts', async () => {
          changed = change(database.pool, { workspaceId, portalId });
          await somebodyWaits();
        }),
      ).resolves.toEqual(expect.any(Number)); // undefined: its place was lost
      await expect(changed).resolves.toBe(2);
    }
  });
});
