import { beforeEach, describe, expect, it } from '@jest/globals';
import { beginResync, endResync, pauseSync } from '../../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { findSync } from '../../../src/db/sync/views.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Resync } from '../../../src/domain/sync/cursor.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, seedContacts } from '../../support/mirror.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const RECORDS = 250;

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let asked: string[];
let ids: string[];
/** Before HubSpot is asked; what it returns comes in place of the answer. */
let before: (request: GatewayRequest) => Promise<Outcome | undefined> | Outcome | undefined;

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(async () => {
  asked = [];
  before = () => undefined;
  ids = await seed(RECORDS);
  await run();
  asked = [];
});

const seed = (count: number) => seedContacts(crm, count);
const sandbox = crmGateway(() => crm);
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    asked.push(request.resource);
    return (await before(request)) ?? sandbox.request(request);
  },
};
const run = (untilMs = Infinity) =>
  runSync(mirrorDeps(database, gateway), { ...runOptions(object), untilMs });
const begin = (what: Resync['what'], expected: number | null = null) =>
  beginResync(database.admin, object, { what, expected });
async function view() {
  const db = forWorkspace(database.pool, object.workspaceId);
  return (await findSync(db, object.workspaceId, PORTAL, 'contacts'))!;
}
/** Another value in the mirror, of the same time: as of a property that changes without a new time. */
async function spoil(some: readonly string[]): Promise<void> {
  await database.admin.query(
    `UPDATE crm_records SET properties = properties || '{"firstname":"Wrong"}', hash = sha256('wrong') WHERE id = ANY ($1)`,
    [some],
  );
}
async function firstNames(): Promise<Map<string, string>> {
  const { rows } = await database.admin.query<{ id: string; name: string }>(
    "SELECT id, properties ->> 'firstname' AS name FROM crm_records WHERE portal_id = $1",
    [PORTAL],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
async function feedOf(action: string): Promise<string[]> {
  const { rows } = await database.admin.query<{ id: string }>(
    'SELECT record_id AS id FROM crm_changes WHERE portal_id = $1 AND action = $2 AND NOT initial ORDER BY record_id',
    [PORTAL, action],
  );
  return rows.map(({ id }) => id);
}
const wrong = async () => [...(await firstNames()).values()].filter((name) => name === 'Wrong').length;
const sorted = (some: readonly string[]) => [...some].sort((a, b) => Number(a) - Number(b));

describe('records that are read again', () => {
  it('are all of them, and only what the mirror had otherwise is written and told', async () => {
    const spoiled = [ids[3]!, ids[120]!, ids[249]!];
    await spoil(spoiled);
    const versions = async () =>
      (
        await database.admin.query<{ version: number }>(
          'SELECT version FROM crm_records WHERE portal_id = $1',
          [PORTAL],
        )
      ).rows.filter(({ version }) => version > 1).length;
    const { freshUntil } = await view();
    await begin({ kind: 'all' }, RECORDS);
    expect(await view()).toMatchObject({
      ...{ state: 'following', records: RECORDS, freshUntil },
      resync: { what: 'all', endedAt: null, expected: RECORDS },
    });
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect(await wrong()).toBe(0);
    expect(await versions()).toBe(spoiled.length);
    expect(await feedOf('Updated')).toEqual(sorted(spoiled));
    expect(await view()).toMatchObject({
      ...{ state: 'following', records: RECORDS, loaded: RECORDS },
      resync: { read: RECORDS, changed: 3, absent: 0, endedAt: expect.any(Date) as unknown, refused: null },
    });
  });

  it('are all of a list that comes in no order', async () => {
    await spoil(ids);
    await crm.control('PUT', `/portals/${PORTAL}/crm/contacts/misbehaviour`, { ids: 'scattered' });
    await begin({ kind: 'all' }, RECORDS);
    await run();
    expect((await view()).resync).toMatchObject({ read: RECORDS, refused: null });
    expect(await wrong()).toBe(0);
  });

  it('are those that were modified since a time', async () => {
    const since = Date.now() + 5;
    await until('that time has come', () => Date.now() > since, 5_000, 1);
    for (const id of ids.slice(0, 3))
      await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'Other' } });
    // HubSpot tells its time in whole seconds: what changed in this one may be found by the next run.
    const second = Math.floor(Date.now() / 1000);
    await until('that second is over', () => Math.floor(Date.now() / 1000) > second, 5000, 20);
    await run();
    await spoil(ids.slice(0, 10));
    await begin({ kind: 'since', since });
    await run();
    expect((await view()).resync).toMatchObject({ read: 3, changed: 3, expected: 3, refused: null });
    expect(await wrong()).toBe(7);
  });

  it('are those that are named; what HubSpot does not show is counted', async () => {
    await spoil(ids);
    const named = [...ids.slice(0, 120), '999999999999'];
    await begin({ kind: 'ids', ids: named }, named.length);
    await run();
    expect((await view()).resync).toMatchObject({ read: 120, changed: 120, absent: 1, expected: 121 });
    expect(await wrong()).toBe(RECORDS - 120);
  });

  it('go on from the page where a run ended, and what changes meanwhile is followed before each turn', async () => {
    await spoil(ids);
    await begin({ kind: 'all' }, RECORDS);
    const ends = performance.now() + 2000;
    before = async ({ resource }) => {
      if (resource === 'listObjects') await until('its time is over', () => performance.now() > ends, 5000);
      return undefined;
    };
    await expect(run(ends)).resolves.toMatchObject({ ended: 'more' });
    expect((await view()).resync).toMatchObject({ read: 100, endedAt: null });
    expect(await wrong()).toBe(RECORDS - 100);
    await crm.create('contacts', { email: 'new@example.com', firstname: 'New' });
    asked = [];
    before = () => undefined;
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect(asked.filter((resource) => resource === 'listObjects')).toHaveLength(2);
    expect(asked.indexOf('searchObjects')).toBeLessThan(asked.indexOf('listObjects'));
    expect(await feedOf('Created')).toHaveLength(1);
    expect(await wrong()).toBe(0);
  });

  it('take the place of a reader that knew nothing of them: it writes nothing more, and nothing is lost', async () => {
    await crm.create('contacts', { email: 'new@example.com', firstname: 'New' });
    before = async ({ resource }) => {
      if (resource === 'readObjects') await begin({ kind: 'all' }, RECORDS);
      return undefined;
    };
    // What changed within the second of an answer is found by the next search.
    await until('a reader has lost its place', async () => (await run()).ended === 'lost', 10_000);
    before = () => undefined;
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect((await view()).resync).toMatchObject({ read: RECORDS + 1, refused: null });
    expect(await feedOf('Created')).toHaveLength(1);
  });

  it('are left where they are when that is cancelled, in the middle of a page too', async () => {
    await spoil(ids);
    await begin({ kind: 'all' }, RECORDS);
    let pages = 0;
    before = async ({ resource }) => {
      if (resource === 'listObjects' && (pages += 1) === 2) await endResync(database.admin, object);
      return undefined;
    };
    await expect(run()).resolves.toMatchObject({ ended: 'lost' });
    expect(await wrong()).toBe(RECORDS - 100);
    before = () => undefined;
    asked = [];
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect(asked).not.toContain('listObjects');
    expect((await view()).resync).toMatchObject({ read: 100, refused: 'It was cancelled' });
  });

  it('are passed over where HubSpot has archived them since it was searched: the others of their page are written', async () => {
    for (const id of ids.slice(0, 3))
      await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'Other' } });
    before = async ({ resource }) => {
      if (resource === 'readObjects') await crm.delete(`/crm/objects/2026-03/contacts/${ids[1]}`);
      return undefined;
    };
    // A run may find some of them only: HubSpot tells its time in whole seconds.
    let read = 0;
    await until('the others are read', async () => (read += (await run()).read) >= 2, 10_000);
    expect(read).toBe(2);
    expect(await view()).toMatchObject({ failedRuns: 0 });
    expect(await feedOf('Updated')).toEqual(sorted([ids[0]!, ids[2]!]));
  });

  it('end with the reason where HubSpot refuses that and nothing else; what changes is followed on', async () => {
    await begin({ kind: 'all' }, RECORDS);
    before = ({ resource }) =>
      resource === 'listObjects'
        ? { kind: 'invalid', status: 400, message: 'no', properties: [], body: {} }
        : undefined;
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect(await view()).toMatchObject({
      ...{ state: 'following', failure: null },
      resync: { read: 0, refused: 'HubSpot refuses the request for contacts (400)' },
    });
  });

  it('wait with what changes while HubSpot answers nobody, and then go on', async () => {
    await begin({ kind: 'all' }, RECORDS);
    before = ({ resource }) =>
      resource === 'listObjects'
        ? { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' }
        : undefined;
    await expect(run()).resolves.toMatchObject({ ended: 'failed' });
    expect((await view()).resync).toMatchObject({ endedAt: null, refused: null });
    before = () => undefined;
    await expect(run()).resolves.toMatchObject({ ended: 'done' });
    expect((await view()).resync).toMatchObject({ read: RECORDS, refused: null });
  });

  it('are kept in the cursor no longer than they are to be read, however that ends', async () => {
    const named = ids.slice(0, 150);
    const what = async () => {
      const { rows } = await database.admin.query<{ what: unknown }>(
        `SELECT cursor #> '{resync,what}' AS what FROM sync_states`,
      );
      return rows[0]!.what;
    };
    await begin({ kind: 'ids', ids: named }, named.length);
    await run();
    expect(await what()).toEqual({ kind: 'ids', ids: [] });
    await begin({ kind: 'ids', ids: named }, named.length);
    await endResync(database.admin, object);
    expect(await what()).toEqual({ kind: 'ids', ids: [] });
    await begin({ kind: 'all' });
    await run();
    expect(await what()).toEqual({ kind: 'all' });
    before = ({ resource }) =>
      resource === 'listObjects'
        ? { kind: 'invalid', status: 400, message: 'no', properties: [], body: {} }
        : undefined;
    await begin({ kind: 'all', after: ids[10] });
    await run();
    expect(await what()).toEqual({ kind: 'all' });
    await begin({ kind: 'all', after: ids[10] });
    await endResync(database.admin, object);
    expect(await what()).toEqual({ kind: 'all' });
  });

  it('are asked for once at a time, of what is followed and not paused', async () => {
    expect(await begin({ kind: 'all' })).toBe(true);
    expect(await begin({ kind: 'ids', ids: ['1'] })).toBe(false);
    expect(await endResync(database.admin, object)).toBe(true);
    expect(await endResync(database.admin, object)).toBe(false);
    expect(await begin({ kind: 'all' })).toBe(true);
    await endResync(database.admin, object);
    await pauseSync(database.admin, object, null);
    expect(await begin({ kind: 'all' })).toBe(false);
    await database.admin.query(
      'UPDATE sync_states SET paused_at = NULL, cursor = \'{"version":1,"kind":"load"}\'',
    );
    expect(await begin({ kind: 'all' })).toBe(false);
  });
});

describe('what a mirror has cost', () => {
  it('is counted in calls, of runs that fail and of readers that lose their place as well', async () => {
    const calls = async () => (await view()).calls;
    // Its total, its properties, three pages of it, and what has changed since: each 200 hits with their values.
    const first = await calls();
    expect(first).toBeGreaterThanOrEqual(6);
    await run();
    const second = await calls();
    expect(second - first).toBe(asked.length);
    before = () => ({ kind: 'unavailable', status: 500, reason: 'server', message: 'away', effect: 'none' });
    await run();
    expect(await calls()).toBe(second + 1);
    expect(await view()).toMatchObject({ failedRuns: 1, failure: { class: 'unavailable', inARow: 1 } });
  });
});
