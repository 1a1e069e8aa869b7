import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resumeSyncs } from '../../../src/db/sync/ends.js';
import { claimSync } from '../../../src/db/sync/states.js';
import { writePage } from '../../../src/db/sync/pages.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { mirrored, type SeenRecord } from '../../../src/domain/crm/mirroredRecord.js';
import type { Page } from '../../support/apiClient.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_200_001;
const FOREIGN = 7_200_002;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await seedLane(harness.database.admin, {
    portalId: FOREIGN,
    workspaceId: OTHER_WORKSPACE,
    limit: 1,
    intervalMs: 1000,
  });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['sync_states', 'sync_properties', 'crm_records', 'crm_changes'])
    await harness.database.admin.query(`DELETE FROM ${table}`);
});

async function ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T & { detail?: string } };
}
const change = (action: string, portal = PORTAL, type = 'contacts') =>
  ask('POST', `/api/sync/${portal}/${type}`, { action });

/** As a reader writes it that holds the place. */
async function write(records: readonly (Pick<SeenRecord, 'id' | 'properties'> & { minute: number })[]) {
  const { rows } = await harness.database.admin.query<{ fence: number }>('SELECT fence FROM sync_states');
  const reader = {
    workspaceId: WORKSPACE,
    portalId: PORTAL,
    objectType: 'contacts',
    epoch: 0,
    fence: rows[0]!.fence,
  };
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return writePage(forWorkspace(harness.database.pool, WORKSPACE), reader, {
    records: records.map(({ minute, ...record }) =>
      mirrored({ ...record, createdAt: at(0), modifiedAt: at(minute) }),
    ),
    readAt: new Date(),
    source: 'test',
    initial: false,
    cursor: { version: 2, kind: 'load' },
  });
}

interface Changes {
  readonly items: readonly {
    readonly recordId: string;
    readonly action: string;
    readonly changed: Record<string, { before: string | null; after: string | null }>;
  }[];
  readonly next: string;
  readonly more: boolean;
  readonly restored: boolean;
}
/** The feed shows what is below all transactions of the server, those of other tests too. */
const changesAfter = (after: string | undefined, count: number) =>
  until(
    `${count} changes`,
    async () => {
      const query = after === undefined ? '' : `?after=${after}`;
      const { body } = await ask<Changes>('GET', `/api/changes${query}`);
      return body.items.length >= count && body;
    },
    20_000,
  );

describe('the mirror over the API', () => {
  it('is started once however often it is asked for, and its workflow with it', async () => {
    const first = await change('start');
    expect(first).toMatchObject({ status: 200, body: { state: 'loading', records: 0, portalId: PORTAL } });
    expect(harness.controlCalls).toContain(`sync ${PORTAL}/contacts`);
    expect((await change('start')).status).toBe(200);
    const { body } = await ask<Page<unknown>>('GET', '/api/sync');
    expect(body.items).toHaveLength(1);
  });

  it('keeps from its start the properties that were chosen with it, and is not started where that is nonsense', async () => {
    const start = (properties: unknown) =>
      ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'start', properties });
    for (const [mode, names] of [
      ['include', []],
      ['all', ['email']],
      ['exclude', ['no name']],
    ])
      expect((await start({ mode, names })).status).toBe(400);
    const { rows: none } = await harness.database.admin.query('SELECT FROM sync_states');
    expect(none).toHaveLength(0);
    expect((await start({ mode: 'include', names: ['email', 'city', 'email'] })).status).toBe(200);
    const { rows } = await harness.database.admin.query(
      `SELECT p.mode, p.names, s.cursor, p.xmin = s.xmin AS together
         FROM sync_properties p JOIN sync_states s USING (workspace_id, portal_id, object_type)`,
    );
    expect(rows).toEqual([{ mode: 'include', names: ['city', 'email'], cursor: null, together: true }]);
    await change('start');
    const { body } = await ask('GET', `/api/sync/${PORTAL}/contacts/selection`);
    expect(body).toMatchObject({ mode: 'include', names: ['city', 'email'], filling: 0 });
    const { rows: entries } = await harness.database.admin.query<{ subject: object }>(
      `SELECT subject FROM audit_entries WHERE operation = 'sync.start' ORDER BY seq DESC LIMIT 2`,
    );
    expect(entries[1]?.subject).toMatchObject({ objectType: 'contacts', mode: 'include' });
  });

  it('writes nothing more after a pause was answered, and goes on when it is resumed', async () => {
    await change('start');
    expect(await write([{ id: '11', properties: { city: 'Bonn' }, minute: 1 }])).toMatchObject({
      created: 1,
    });
    const paused = await ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'pause', reason: 'clean-up' });
    expect(paused.body).toMatchObject({ state: 'paused', nextReadAt: null, pause: { reason: 'clean-up' } });
    expect(await write([{ id: '12', properties: {}, minute: 1 }])).toBeUndefined();
    expect((await change('resume')).body).toMatchObject({ state: 'loading', records: 1, pause: null });
    expect(await write([{ id: '12', properties: {}, minute: 1 }])).toMatchObject({ created: 1 });
  });

  it('reads again what is asked for, once at a time, and says how far that is; what is loaded or paused has nothing to read again', async () => {
    await change('start');
    const resync = (body: object) =>
      ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'resync', ...body });
    expect(await resync({ all: true })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('for the first time') as unknown },
    });
    await harness.database.admin.query('UPDATE sync_states SET cursor = $1, live = 7, calls = 9', [
      { version: 1, kind: 'follow', from: 0 },
    ]);
    for (const wrong of [{}, { all: true, ids: ['1'] }, { ids: [] }, { since: 'today' }, { all: false }])
      expect((await resync(wrong)).status).toBe(400);
    expect(await resync({ ids: ['11', '12', '11'] })).toMatchObject({
      status: 200,
      body: {
        ...{ state: 'following', records: 7, calls: 9 },
        resync: { what: 'ids', expected: 2, endedAt: null },
      },
    });
    expect((await resync({ all: true })).status).toBe(409);
    const cancel = () => ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'cancel_resync' });
    expect(await cancel()).toMatchObject({
      status: 200,
      body: { resync: { refused: 'It was cancelled', endedAt: expect.any(String) as unknown } },
    });
    expect((await cancel()).status).toBe(409);
    expect(await resync({ since: '2026-01-01T00:00:00Z' })).toMatchObject({
      body: { resync: { what: 'since', since: '2026-01-01T00:00:00.000Z', expected: null } },
    });
    await change('pause');
    await cancel();
    expect(await resync({ all: true })).toMatchObject({
      status: 409,
      body: { detail: 'It is paused: resume it first' },
    });
  });

  it('has a pass run now: its row is due, and then its Schedule is asked to come', async () => {
    await change('start');
    const run = (portal: number) => ask('POST', `/api/sync/${portal}/contacts/passes/archived/run`);
    await harness.database.admin.query("UPDATE sync_passes SET due_at = now() + interval '1 hour'");
    const before = harness.controlCalls.length;
    expect(await run(FOREIGN)).toMatchObject({ status: 404 });
    expect(harness.controlCalls.slice(before)).toEqual([]);

    const { status, body } = await run(PORTAL);
    expect([status, Date.parse(String(body.dueAt)) <= Date.now() + 1000]).toEqual([200, true]);
    expect(harness.controlCalls.slice(before)).toEqual(['pass archived']);
  });

  it('says with which types associations are read, with which HubSpot refuses them and why, and takes another choice', async () => {
    await change('start');
    const show = async () => (await ask('GET', `/api/sync/${PORTAL}/contacts`)).body;
    const none = { readAt: null, behindSince: null, refused: [] };
    expect(await show()).toMatchObject({ associations: { chosen: null, ...none } });
    const chosen = await ask('POST', `/api/sync/${PORTAL}/contacts`, {
      ...{ action: 'start', associations: ['deals'] },
    });
    expect(chosen.body).toMatchObject({ associations: { chosen: ['deals'], refused: [] } });
    await harness.database.admin.query(
      `UPDATE sync_states SET associations_refused = '{"deals": {"reason": "no scope", "at": "2026-11-30T09:00:00Z"}}'`,
    );
    expect(await show()).toMatchObject({
      associations: {
        refused: [{ objectType: 'deals', reason: 'no scope', at: '2026-11-30T09:00:00.000Z' }],
      },
    });
    await change('resume');
    expect(await show()).toMatchObject({ associations: { chosen: ['deals'], refused: [] } });
    const wrong = await ask('POST', `/api/sync/${PORTAL}/contacts`, {
      ...{ action: 'start', associations: ['dogs'] },
    });
    expect(wrong.status).toBe(400);
  });

  it('says of a first load how far it is, at which rate, and when it is through; and how old the mirror is', async () => {
    await change('start');
    const show = async () => (await ask('GET', `/api/sync/${PORTAL}/contacts`)).body;
    expect(await show()).toMatchObject({
      progress: { expected: null, share: null, perSecond: null, endsAt: null },
      ...{ lagSeconds: null, failedRuns: 0, resync: null },
    });
    await harness.database.admin.query(
      'UPDATE sync_states SET loaded = 1000, expected = 4000, loading_ms = 10000, cursor = $1',
      [{ version: 2, kind: 'load', after: '7' }],
    );
    const loading = (await show()) as unknown as { progress: { endsAt: string } };
    expect(loading).toMatchObject({ progress: { expected: 4000, share: 0.25, perSecond: 100 } });
    const leftMs = Date.parse(loading.progress.endsAt) - Date.now();
    expect(leftMs).toBeGreaterThan(25_000);
    expect(leftMs).toBeLessThan(31_000);
    // HubSpot's total is an estimate: what was passed is none any more.
    await harness.database.admin.query('UPDATE sync_states SET loaded = 4100');
    expect(await show()).toMatchObject({ progress: { expected: 4100, share: 1 } });
    await harness.database.admin.query(
      "UPDATE sync_states SET cursor = $1, fresh_until = clock_timestamp() - interval '150 seconds'",
      [{ version: 1, kind: 'follow', from: 0 }],
    );
    const { lagSeconds, ...following } = await show();
    expect(following).toMatchObject({ state: 'following', progress: null });
    expect(lagSeconds).toBeGreaterThanOrEqual(150);
    expect(lagSeconds).toBeLessThan(160);
  });

  it("is listed of one portal, or of several at once; one that is nobody's is said to be", async () => {
    await change('start');
    await change('start', PORTAL, 'deals');
    const ofPortals = (portals: string) =>
      ask<Page<{ portalId: number }>>('GET', `/api/sync?portalIds=${portals}`);
    expect((await ofPortals(String(PORTAL))).body.items).toHaveLength(2);
    expect(await ofPortals(`${PORTAL},${FOREIGN}`)).toMatchObject({
      status: 404,
      body: { detail: `There is no such portal ${FOREIGN}` },
    });
    expect((await ofPortals('1,x')).status).toBe(400);
    expect((await ofPortals(Array.from({ length: 51 }, (_, n) => n + 1).join(','))).status).toBe(400);
  });

  it('explains a record: what read it, when, what the feed has of it, and how its type stands', async () => {
    await change('start');
    await write([
      { id: '11', properties: { city: 'Bonn' }, minute: 1 },
      { id: '12', properties: {}, minute: 1 },
    ]);
    await write([{ id: '11', properties: { city: 'Bern', name: 'Ann' }, minute: 2 }]);
    const explain = (id: string, portal = PORTAL) => ask('GET', `/api/sync/${portal}/contacts/records/${id}`);
    expect(await explain('11')).toMatchObject({
      status: 200,
      body: {
        ...{ recordId: '11', mergedInto: null, complete: true, sync: { state: 'loading' } },
        record: { source: 'test', version: 2, properties: 2 },
        changes: [
          { action: 'Updated', changed: ['city', 'name'], happenedAt: '2026-01-01T00:02:00.000Z' },
          { action: 'Created', changed: ['city'] },
        ],
      },
    });
    expect((await explain('13')).body).toMatchObject({ record: null, changes: [] });
    await harness.database.admin.query(
      'INSERT INTO crm_aliases (workspace_id, portal_id, object_type, id, survivor_id) VALUES ($1, $2, $3, 13, 11)',
      [WORKSPACE, PORTAL, 'contacts'],
    );
    expect((await explain('13')).body).toMatchObject({ mergedInto: '11', record: { version: 2 } });
    await harness.database.admin.query('DELETE FROM crm_aliases');
    expect((await explain('11', FOREIGN)).status).toBe(404);
  });

  it('has the paths and the three words of the former integration: the portal may be left out where there is one', async () => {
    const former = '/api/integrations/hubspot/sync';
    const status = async () => (await ask<{ syncs: unknown[] }>('GET', `${former}/status`)).body;
    expect(await status()).toEqual({ portalId: PORTAL, syncs: [] });
    const started = await ask('POST', `${former}/contacts`);
    expect(started).toMatchObject({
      status: 200,
      body: {
        ...{ success: true, portalId: PORTAL, objectType: 'contacts', status: 'pending' },
        error: null,
      },
    });
    expect(harness.controlCalls).toContain(`sync ${PORTAL}/contacts`);
    await harness.database.admin.query('UPDATE sync_states SET cursor = $1, live = 7, fresh_until = $2', [
      ...[{ version: 1, kind: 'follow', from: 0 }, '2026-01-01T00:00:00Z'],
    ]);
    expect(await status()).toMatchObject({
      syncs: [{ status: 'synced', recordsSynced: 7, lastSyncAt: '2026-01-01T00:00:00.000Z', error: null }],
    });
    await ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'pause', reason: 'clean-up' });
    expect(await status()).toMatchObject({ syncs: [{ status: 'error', error: 'clean-up' }] });
    expect((await ask('POST', `${former}/contacts`, { portalId: FOREIGN })).status).toBe(404);
    expect((await ask('GET', `${former}/status?portalId=${FOREIGN}`)).status).toBe(404);
  });

  it('is paused with the reason while its portal needs a new authorisation, and goes on by itself from where it was', async () => {
    await change('start');
    const { admin } = harness.database;
    await admin.query(`UPDATE sync_states SET cursor = '{"version":1,"kind":"load","after":"77"}'`);
    await admin.query(
      `UPDATE portals SET state = 'reauth_required', state_reason = 'BAD_REFRESH_TOKEN', state_changed_at = now() WHERE portal_id = $1`,
      [PORTAL],
    );
    const show = () => ask('GET', `/api/sync/${PORTAL}/contacts`);
    expect((await show()).body).toMatchObject({
      ...{ state: 'paused', nextReadAt: null },
      pause: {
        reason: 'The portal needs a new authorisation (BAD_REFRESH_TOKEN); then it goes on from where it was',
      },
    });
    const object = { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts' };
    expect(await claimSync(harness.database.pool, object)).toBeUndefined();
    await admin.query(`UPDATE portals SET state = 'active', epoch = epoch + 1 WHERE portal_id = $1`, [
      PORTAL,
    ]);
    try {
      await resumeSyncs(harness.database.pool, object);
      expect((await show()).body).toMatchObject({ state: 'loading', pause: null });
      expect(await claimSync(harness.database.pool, object)).toMatchObject({
        cursor: { kind: 'load', after: '77' },
      });
    } finally {
      await admin.query('UPDATE portals SET epoch = 0 WHERE portal_id = $1', [PORTAL]);
    }
  });

  it('of a portal of somebody else, or of what is no type, is not there', async () => {
    expect((await change('start', FOREIGN)).status).toBe(404);
    const mistyped = await change('start', PORTAL, 'contact');
    expect(mistyped).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('contacts, companies') as unknown },
    });
    const unknown = await change('pause');
    expect(unknown).toMatchObject({
      status: 404,
      body: {
        detail: `The contacts of portal ${PORTAL} are not mirrored: npx sluice sync start ${PORTAL} contacts`,
      },
    });
    expect((await ask('GET', '/api/sync?portalId=999')).body.detail).toBe('There is no such portal 999');
    expect((await ask('GET', `/api/sync/${PORTAL}/contacts`)).status).toBe(404);
    expect((await ask('POST', `/api/sync/${PORTAL}/contacts`, { action: 'stop' })).status).toBe(400);
  });

  it('shows records by their ids, page by page, and one of them', async () => {
    await change('start');
    await write([3, 1, 2].map((n) => ({ id: String(n), properties: { n: `a\0${n}` }, minute: 1 })));
    const first = await ask<Page<{ id: string; properties: unknown }>>(
      'GET',
      '/api/objects/contacts?limit=2',
    );
    expect(first.body.items.map(({ id }) => id)).toEqual(['1', '2']);
    const second = await ask<Page<{ id: string }>>('GET', `/api/objects/contacts?after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ id: '3' }], next: null });
    expect((await ask('GET', '/api/objects/contacts/2')).body).toMatchObject({
      properties: { n: 'a\0' + '2' },
    });
    expect((await ask('GET', '/api/objects/contacts/4')).status).toBe(404);
    expect((await ask('GET', '/api/objects/companies/2')).status).toBe(404);
    // What is not mirrored is no empty list.
    expect((await ask('GET', '/api/objects/companies')).status).toBe(404);
  });

  it('tells what changed, in order, from wherever a reader has come to', async () => {
    await change('start');
    await write([{ id: '11', properties: { city: 'Bonn' }, minute: 1 }]);
    const first = await changesAfter(undefined, 1);
    expect(first.items).toMatchObject([
      { recordId: '11', action: 'Created', changed: { city: { before: null, after: 'Bonn' } } },
    ]);
    expect((await ask<Changes>('GET', `/api/changes?after=${first.next}`)).body).toMatchObject({
      items: [],
      next: first.next,
      more: false,
    });
    await write([{ id: '11', properties: { city: '' }, minute: 2 }]);
    const second = await changesAfter(first.next, 1);
    expect(second.items).toMatchObject([
      { action: 'Updated', changed: { city: { before: 'Bonn', after: null } } },
    ]);
    expect(second.restored).toBe(false);
  });

  it('pages records and changes by their numbers, not by their text, and as much as fits into an answer', async () => {
    await change('start');
    const ids = Array.from({ length: 12 }, (_, n) => String(n + 1));
    const long = 'x'.repeat(500_000);
    await write(ids.map((id) => ({ id, properties: { long }, minute: 1 })));
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { body } = await ask<Page<{ id: string }>>('GET', `/api/objects/contacts?limit=100${after}`);
      expect(body.items.length).toBeLessThan(10);
      seen.push(...body.items.map(({ id }) => id));
      if (body.next === null) break;
      after = `&after=${body.next}`;
    }
    expect(seen).toEqual(ids);
    const told: string[] = [];
    let next: string | undefined;
    while (told.length < ids.length) {
      const page: Changes = await changesAfter(next, 1);
      expect(page.items.length).toBeLessThan(10);
      expect(page.more).toBe(told.length + page.items.length < ids.length);
      told.push(...page.items.map(({ recordId }) => recordId));
      next = page.next;
    }
    expect(told).toEqual(ids);
  });

  it('says of a position of before a restore that it was one, and refuses what is no position', async () => {
    await change('start');
    await write([{ id: '11', properties: {}, minute: 1 }]);
    const { body } = await ask<Changes>('GET', '/api/changes?after=0123456789ab.9999999999.1');
    expect(body.restored).toBe(true);
    for (const wrong of ['1', 'x.y.z', '0123456789ab.-1.1', '0123456789ab.1.9999999999999999999'])
      expect((await ask('GET', `/api/changes?after=${wrong}`)).status).toBe(400);
  });

  it('says of a position whose change is not kept any more that some may have been missed', async () => {
    await change('start');
    await write([{ id: '11', properties: {}, minute: 1 }]);
    const first = await changesAfter(undefined, 1);
    expect((await ask<Changes>('GET', `/api/changes?after=${first.next}`)).body).toMatchObject({
      expired: false,
    });
    await harness.database.admin.query('DELETE FROM crm_changes');
    const { body: told } = await ask<Changes>('GET', `/api/changes?after=${first.next}`);
    expect(told).toMatchObject({ items: [], expired: true });
    expect((await ask<Changes>('GET', `/api/changes?after=${told.next}`)).body).toMatchObject({
      ...{ items: [], expired: false, restored: false, next: told.next },
    });
    await write([{ id: '11', properties: { city: 'Bonn' }, minute: 2 }]);
    expect((await changesAfter(told.next, 1)).items).toMatchObject([{ recordId: '11', action: 'Updated' }]);
  });

  it('says once, too, that the database was restored where nothing has changed since', async () => {
    const { admin } = harness.database;
    const { rows } = await admin.query<{ id: string }>('SELECT id FROM installations');
    const before = `${rows[0]!.id}.7.1`;
    await admin.query(`INSERT INTO installations (id, from_event_id, place, reason)
      SELECT 'fedcba987654', from_event_id + 1, place, 'test' FROM installations`);
    try {
      const { body: told } = await ask<Changes>('GET', `/api/changes?after=${before}`);
      expect(told).toMatchObject({ items: [], restored: true });
      expect((await ask<Changes>('GET', `/api/changes?after=${told.next}`)).body).toMatchObject({
        ...{ items: [], restored: false, next: told.next },
      });
    } finally {
      await admin.query(`DELETE FROM installations WHERE id = 'fedcba987654'`);
    }
  });
});
