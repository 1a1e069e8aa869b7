import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { claimSync, leaveSync } from '../../../src/db/sync/states.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const LOADING = { version: 1, kind: 'load', after: '7' };
const FOLLOWING = { version: 1, kind: 'follow', from: 0 };
/** So many first loads of a workspace are under way at a time. */
const MOST = 12;

let database: TestDatabase;
let portals = 7_300_000;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.admin.query('DELETE FROM sync_states');
});

async function workspaceWith(cursors: readonly unknown[]): Promise<SyncedObject[]> {
  const workspaceId = randomUUID();
  const portalId = (portals += 1);
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, 'claims']);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    portalId,
    workspaceId,
  ]);
  const objects = cursors.map((_, n) => ({ workspaceId, portalId, objectType: `2-${n + 1}` }));
  for (const [n, { objectType }] of objects.entries())
    await database.admin.query(
      'INSERT INTO sync_states (workspace_id, portal_id, object_type, cursor) VALUES ($1, $2, $3, $4)',
      [workspaceId, portalId, objectType, cursors[n] === null ? null : JSON.stringify(cursors[n])],
    );
  return objects;
}
const claim = (object: SyncedObject) => claimSync(database.pool, object);
async function claimAll(objects: readonly SyncedObject[]) {
  const claims = [];
  for (const object of objects) claims.push(await claim(object));
  return claims;
}
const taken = (claims: readonly unknown[]) => claims.filter((one) => one !== undefined).length;

describe('the types of a workspace', () => {
  it('of which twelve are loaded for the first time leave the thirteenth load waiting, whatever its cursor, until one gives its turn back', async () => {
    const loading = await workspaceWith([...Array<unknown>(MOST - 1).fill(LOADING), null, null, LOADING]);
    const claims = await claimAll(loading);
    expect(claims.map((one) => one !== undefined)).toEqual([
      ...Array<boolean>(MOST).fill(true),
      ...[false, false],
    ]);
    await leaveSync(database.pool, claims[0]!.reader, { dueInMs: 0 });
    expect(await claim(loading[MOST]!)).toMatchObject({ reader: loading[MOST]! });
    expect(await claim(loading[MOST + 1]!)).toBeUndefined();
  });

  it('are followed whatever is loaded, and however many are followed at the time', async () => {
    const loading = await workspaceWith([
      ...Array<unknown>(MOST).fill(LOADING),
      ...Array<unknown>(20).fill(FOLLOWING),
    ]);
    expect(taken(await claimAll(loading))).toBe(MOST + 20);
  });

  it('that are followed keep no load waiting', async () => {
    const objects = await workspaceWith([...Array<unknown>(20).fill(FOLLOWING), null]);
    expect(taken(await claimAll(objects))).toBe(21);
  });

  it('that wait for their turn keep those of no other workspace waiting', async () => {
    await claimAll(await workspaceWith(Array<unknown>(MOST + 1).fill(null)));
    const [other] = await workspaceWith([null]);
    expect(await claim(other!)).toBeDefined();
  });
});
