import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createWebhookIntake, type WebhookIntake } from '../../../src/api/webhooks/webhookIntake.js';
import { pauseSync, startSync } from '../../../src/db/sync/changeSync.js';
import { passesDue } from '../../../src/db/sync/passes.js';
import type { Pool } from '../../../src/db/pool.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { takeEvents } from '../../../src/db/webhooks/intake.js';
import { erasuresLeft } from '../../../src/db/webhooks/reads.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { readWebhookEvent } from '../../../src/domain/webhooks/webhookEvent.js';
import { createEraser } from '../../../src/services/privacy/eraser.js';
import { eraseLeft } from '../../../src/services/webhooks/eraseLeft.js';
import { RUN_PASS } from '../../../src/services/sync/passes/passes.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const CONTACTS = '/crm/objects/2026-03/contacts';
const STRANGER = 49_000_001;

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let intake: WebhookIntake;
let asked: GatewayRequest[];
let ids: string[];
let eventId = 1;
const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  crm = await startCrm();
  asked = [];
  object = { workspaceId: randomUUID(), portalId: PORTAL, objectType: 'contacts' };
  await database.admin.query(
    'TRUNCATE sync_states, sync_passes, portals, webhook_events, webhook_reads, webhook_strays, crm_records, crm_changes, erasures CASCADE',
  );
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [object.workspaceId, 'w']);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    ...[PORTAL, object.workspaceId],
  ]);
  intake = createWebhookIntake({
    ...{ intakePool: database.pool, logger: silent, metrics: createMetrics('test', silent) },
  });
  ids = await seed(30);
  await startSync(db(), object);
  await runSync(deps(), { ...options(), onPage: () => undefined });
  asked = [];
});
afterEach(async () => {
  await intake.stop();
  await crm.close();
});

const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    asked.push(request);
    const { method, path } = pathOf(request.resource, VERSIONS, request.params ?? {}, request.query);
    const { status, body, headers } = await crm.call(method, path, request.body);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return classifyResponse(status, Object.fromEntries(headers), text, { nowMs: 0, timeZone: 'UTC' });
  },
};
const key = Buffer.alloc(32, 7);
const keyOf = () => Promise.resolve({ setting: key.toString('hex'), mark: () => key });
const deps = () => ({
  ...{ pool: database.pool, gateway, clock: { nowMs: () => Date.now() } },
  tombstones: { of: keyOf },
  eraser: createEraser({ make: keyOf }),
});
const options = () => ({
  ...{ object, signal: new AbortController().signal, untilMs: Infinity },
  onUnhandled: (error: unknown) => {
    throw error;
  },
});
const db = () => forWorkspace(database.pool, object.workspaceId);
const readNamed = () => RUN_PASS.webhooks(deps(), options());

async function seed(count: number, from = 0): Promise<string[]> {
  const inputs = Array.from({ length: count }, (_, n) => ({
    properties: { email: `person${from + n}@example.com`, firstname: `Name ${n}` },
    associations: [],
  }));
  const { body } = await crm.post(`${CONTACTS}/batch/create`, { inputs });
  return (body.results as { id: string }[]).map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}

const event = (over: Record<string, unknown> = {}) => ({
  ...{ eventId: eventId++, subscriptionId: 12_345, portalId: PORTAL, occurredAt: Date.now(), appId: 1 },
  ...{ subscriptionType: 'contact.propertyChange', attemptNumber: 0, objectId: Number(ids[0]) },
  ...{ propertyName: 'firstname', propertyValue: 'a value', changeSource: 'CRM_UI' },
  ...over,
});
const bring = (...events: unknown[]) =>
  intake.route.answer({ body: Buffer.from(JSON.stringify(events)), url: '', version: 'v1' });
async function rows<T = Record<string, unknown>>(text: string): Promise<T[]> {
  return (await database.admin.query(text)).rows as T[];
}
const firstNameOf = async (id: string) =>
  (
    await rows<{ name: string }>(
      `SELECT properties ->> 'firstname' AS name FROM crm_records WHERE id = ${id}`,
    )
  )[0]?.name;
const toRead = async () =>
  (await rows<{ id: string }>('SELECT record_id::text AS id FROM webhook_reads ORDER BY record_id')).map(
    ({ id }) => id,
  );

describe('events of webhooks', () => {
  test('are committed with the records to read before they are answered, without their values, and once', async () => {
    const one = event();
    expect(await bring(one, event({ objectId: Number(ids[1]) }))).toMatchObject({
      status: 200,
      body: { taken: 2 },
    });
    expect(await bring({ ...one, attemptNumber: 1 })).toMatchObject({ status: 200 });
    const stored = await rows('SELECT * FROM webhook_events');
    expect(stored).toHaveLength(2);
    expect(stored[0]).toMatchObject({
      workspace_id: object.workspaceId,
      property: 'firstname',
      reads: '1',
      event: null,
    });
    expect(JSON.stringify(stored)).not.toContain('a value');
    expect(await toRead()).toEqual([ids[0], ids[1]]);
  });

  test('that share an id are all taken, if anything else tells them apart', async () => {
    const same = { eventId: 7, occurredAt: Date.now() };
    await bring(
      event(same),
      event({ ...same, propertyName: 'lastname' }),
      event({ ...same, objectId: Number(ids[1]) }),
    );
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(3);
  });

  test("of portals that are nobody's are kept aside with the reason and shown to nobody", async () => {
    expect(await bring(event({ portalId: STRANGER }), event())).toMatchObject({ status: 200 });
    await database.admin.query(`UPDATE portals SET state = 'disconnected'`);
    const later = createWebhookIntake({
      ...{
        intakePool: database.pool,
        logger: silent,
      },
      metrics: createMetrics('test', silent),
    });
    await later.route.answer({ body: Buffer.from(JSON.stringify([event()])), url: '', version: 'v3' });
    await later.stop();
    expect(await rows('SELECT portal_id::int AS portal, reason FROM webhook_strays ORDER BY 1')).toEqual([
      { portal: PORTAL, reason: 'disconnected_portal' },
      { portal: STRANGER, reason: 'unknown_portal' },
    ]);
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(1);
    await expect(db().query('SELECT FROM webhook_strays')).rejects.toThrow(/permission denied/);
  });

  test('that are not understood are kept whole, and one without a portal holds up none beside it', async () => {
    expect(
      await bring(event({ subscriptionType: 'contact.levitation' }), { portalId: undefined }, 'x', event()),
    ).toMatchObject({
      ...{ status: 200, body: { taken: 2 } },
    });
    expect(
      await rows(
        'SELECT event ->> $$propertyValue$$ AS value, reads::int FROM webhook_events ORDER BY reads',
      ),
    ).toEqual([
      { value: 'a value', reads: 0 },
      { value: null, reads: 1 },
    ]);
  });

  test.each([
    ['no JSON', '['],
    ['no array', '{}'],
    ['101 events', JSON.stringify(Array.from({ length: 101 }, () => 1))],
    ['a key twice', '[{"a":1,"a":2}]'],
  ])('in a body that is %s are refused whole', async (_, body) => {
    expect(await intake.route.answer({ body: Buffer.from(body), url: '', version: 'v1' })).toMatchObject({
      status: 400,
    });
  });

  test('of a time that cannot be have a place all the same, one a day however often they come', async () => {
    const strange = [event({ occurredAt: 0 }), event({ occurredAt: Date.UTC(2500, 1) })];
    await bring(...strange);
    await bring(...strange);
    expect(
      await rows(`SELECT FROM webhook_events WHERE occurred_at = date_trunc('day', now(), 'UTC')`),
    ).toHaveLength(2);
  });

  test('that the database cannot take now are asked for again', async () => {
    const away = { query: () => Promise.reject(new Error('canary')) } as unknown as Pool;
    const dead = createWebhookIntake({
      ...{ intakePool: away, logger: silent },
      metrics: createMetrics('test', silent),
    });
    const { status, body } = await dead.route.answer({
      ...{ body: Buffer.from(JSON.stringify([event()])), url: '', version: 'v1' },
    });
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  test('name nothing to read where its type is not mirrored, is paused, or is not loaded yet', async () => {
    await bring(event({ subscriptionType: 'deal.creation' }));
    await database.admin.query('UPDATE sync_states SET paused_at = now()');
    await bring(event());
    await database.admin.query('UPDATE sync_states SET paused_at = NULL, loaded_at = NULL');
    await bring(event());
    expect(await rows('SELECT DISTINCT reads::int FROM webhook_events')).toEqual([{ reads: 0 }]);
    expect(await toRead()).toEqual([]);
  });

  test.each([
    ['is paused', 'UPDATE sync_states SET paused_at = now()'],
    ['is being loaded', 'UPDATE sync_states SET loaded_at = NULL'],
    ['needs a new authorisation', `UPDATE portals SET state = 'reauth_required'`],
  ])('that tell of an erasure are done though the mirror %s, once', async (_, hinder) => {
    await bring(event({ subscriptionType: 'contact.privacyDeletion' }));
    await database.admin.query(hinder);
    expect(await readNamed()).toMatchObject({ ended: 'not_taken' });
    expect(await erasuresLeft(database.pool, 10)).toEqual([]);
    await database.admin.query(`UPDATE webhook_reads SET due_at = due_at - interval '1 minute'`);
    const left = await erasuresLeft(database.pool, 10);
    expect(left).toEqual([{ ...object, recordId: ids[0] }]);
    const erasing = { pool: database.pool, eraser: createEraser({ make: keyOf }) };
    const did = await Promise.all([eraseLeft(erasing, left[0]!), eraseLeft(erasing, left[0]!)]);
    expect(did.sort()).toEqual([0, 1]);
    expect(await rows(`SELECT FROM crm_records WHERE id = ${ids[0]}`)).toEqual([]);
    expect(await rows('SELECT requested_by FROM erasures')).toEqual([{ requested_by: 'hubspot' }]);
    expect(await toRead()).toEqual([]);
  });

  test('that tell of an erasure which fails put off that one alone, and keep it', async () => {
    await bring(
      event({ subscriptionType: 'contact.privacyDeletion' }),
      event({ subscriptionType: 'contact.privacyDeletion', objectId: Number(ids[1]) }),
    );
    await database.admin.query(`UPDATE webhook_reads SET due_at = due_at - interval '1 minute'`);
    const [first, second] = await erasuresLeft(database.pool, 10);
    const failing = { prepare: () => Promise.reject(new Error('no key')) };
    await expect(eraseLeft({ pool: database.pool, eraser: failing }, first!)).rejects.toThrow('no key');
    expect(await erasuresLeft(database.pool, 10)).toEqual([second]);
    expect(await toRead()).toEqual([ids[0], ids[1]]);
  });
});

describe('a record that webhooks have named', () => {
  test('is read once for however many events came before, and the mirror is as HubSpot', async () => {
    await crm.patch(`${CONTACTS}/${ids[0]}`, { properties: { firstname: 'Edited' } });
    for (let n = 0; n < 50; n += 1) await bring(event({ propertyValue: `stale ${n}` }));
    expect(await readNamed()).toMatchObject({ ended: 'done', seen: 1, changed: 1 });
    expect(await firstNameOf(ids[0]!)).toBe('Edited');
    expect(asked.filter(({ resource }) => resource === 'readObjects')).toHaveLength(1);
    expect(asked.map(({ priority }) => priority)).toEqual(asked.map(() => 'sync'));
    expect(await toRead()).toEqual([]);
  });

  test('and that is named again while it is read is read once more', async () => {
    await bring(event());
    let reads = 0;
    const once = {
      ...deps(),
      gateway: {
        async request(request: GatewayRequest) {
          reads += 1;
          if (reads === 1) await bring(event());
          return gateway.request(request);
        },
      },
    };
    expect(await RUN_PASS.webhooks(once, options())).toMatchObject({ ended: 'done', seen: 1 });
    expect(await toRead()).toEqual([ids[0]]);
    expect(await RUN_PASS.webhooks(once, options())).toMatchObject({ ended: 'done', seen: 1 });
    expect(await toRead()).toEqual([]);
  });

  test('does not bring back an older value, however late and in which order the events come', async () => {
    await crm.patch(`${CONTACTS}/${ids[0]}`, { properties: { firstname: 'First' } });
    await crm.patch(`${CONTACTS}/${ids[0]}`, { properties: { firstname: 'Last' } });
    await bring(
      event({ propertyValue: 'Last' }),
      event({ propertyValue: 'First', occurredAt: Date.now() - 86_000_000 }),
    );
    await readNamed();
    expect(await firstNameOf(ids[0]!)).toBe('Last');
  });

  test('and is gone is told as deleted; restored, it is back; created, it is there', async () => {
    await crm.post(`${CONTACTS}/batch/archive`, { inputs: [{ id: ids[0] }] });
    await bring(event({ subscriptionType: 'contact.deletion' }));
    await readNamed();
    expect(
      await rows(`SELECT FROM crm_records WHERE id = ${ids[0]} AND archived_at IS NOT NULL`),
    ).toHaveLength(1);
    await crm.control('POST', `/portals/${PORTAL}/crm/contacts/restore`, { ids: [Number(ids[0])] });
    const [fresh] = await seed(1, 100);
    await bring(
      event({ subscriptionType: 'contact.restore' }),
      event({ subscriptionType: 'contact.creation', objectId: Number(fresh) }),
    );
    await readNamed();
    expect(await rows('SELECT FROM crm_records WHERE archived_at IS NULL')).toHaveLength(31);
    expect((await rows<{ live: string }>('SELECT live FROM sync_states'))[0]).toEqual({ live: '31' });
    expect(
      await rows(`SELECT action FROM crm_changes WHERE record_id = ${ids[0]} AND NOT initial ORDER BY id`),
    ).toEqual([{ action: 'Deleted' }, { action: 'Restored' }]);
  });

  test('is counted for what brought its change first, and for webhooks that told of what a search had brought', async () => {
    await crm.patch(`${CONTACTS}/${ids[0]}`, { properties: { firstname: 'By a search' } });
    await runSync(deps(), { ...options(), onPage: () => undefined });
    await crm.patch(`${CONTACTS}/${ids[1]}`, { properties: { firstname: 'By a webhook' } });
    await bring(event(), event({ objectId: Number(ids[1]) }));
    await readNamed();
    expect(await rows('SELECT seen_first AS first, seen_again AS again FROM sync_states')).toEqual([
      { first: { search: 1, webhook: 1 }, again: { webhook: 1 } },
    ]);
    const { rows: seen } = await database.pool.query('SELECT * FROM sync_seen() ORDER BY source');
    expect(seen).toEqual([
      { source: 'search', first: 1, again: 0 },
      { source: 'webhook', first: 1, again: 1 },
    ]);
  });

  test('is counted for the journal where that has told of it first, though webhooks told of others beside it', async () => {
    for (const n of [0, 1, 2])
      await crm.patch(`${CONTACTS}/${ids[n]}`, { properties: { firstname: 'Told of' } });
    const told = (n: number) => [
      { workspaceId: object.workspaceId, event: readWebhookEvent(event({ objectId: Number(ids[n]) }))! },
    ];
    await takeEvents(database.pool, told(0), { source: 'journal' });
    await takeEvents(database.pool, told(1), { source: 'webhook' });
    await takeEvents(database.pool, told(2), { source: 'journal' });
    expect(await readNamed()).toMatchObject({ ended: 'done', seen: 3 });
    expect(await rows('SELECT seen_first AS first FROM sync_states')).toEqual([
      { first: { journal: 2, webhook: 1 } },
    ]);
    expect(await rows(`SELECT source FROM crm_records WHERE id = ${ids[2]}`)).toEqual([
      { source: 'journal' },
    ]);
    expect(await toRead()).toEqual([]);
  });

  const missed = async () =>
    (await rows('SELECT missed::int, missed_in_a_row::int AS row FROM sync_states'))[0];
  /** A search brings it. */
  const found = async (n: number, firstname = `Found ${n}`) => {
    await crm.patch(`${CONTACTS}/${ids[n]}`, { properties: { firstname } });
    await runSync(deps(), { ...options(), onPage: () => undefined });
  };
  const came = (when: string) =>
    database.admin.query(
      `INSERT INTO webhook_counts (workspace_id, portal_id, object_type, received, last_received_at)
       VALUES ($1, $2, 'contacts', 1, ${when})
       ON CONFLICT (workspace_id, portal_id, object_type) DO UPDATE SET last_received_at = EXCLUDED.last_received_at`,
      [object.workspaceId, object.portalId],
    );
  const loadedLongAgo = () =>
    database.admin.query("UPDATE sync_states SET loaded_at = now() - interval '1 day'");

  test('is counted as missed where a poll brings what HubSpot had to tell of, until it does', async () => {
    await loadedLongAgo();
    await found(0);
    expect(await missed()).toEqual({ missed: 0, row: 0 }); // nobody has subscribed to it
    await came(`now() - interval '8 days'`);
    await found(1);
    expect(await missed()).toEqual({ missed: 0, row: 0 });
    await came('now()');
    await found(2);
    await found(3);
    expect(await missed()).toEqual({ missed: 2, row: 2 });
    expect((await database.pool.query('SELECT webhook_missed_total() AS all')).rows).toEqual([{ all: 2 }]);
    await bring(event({ objectId: Number(ids[2]) }));
    await readNamed();
    expect(await missed()).toEqual({ missed: 1, row: 0 });
    await database.admin.query('DELETE FROM webhook_counts; UPDATE sync_states SET told_since = now()');
    await found(4);
    expect(await missed()).toEqual({ missed: 2, row: 1 }); // the journal tells of it
  });

  test('is not counted as missed where HubSpot did tell of it, or had nobody to tell: in a storm, while it was loaded or paused', async () => {
    await came('now()');
    await found(0);
    expect(await missed()).toEqual({ missed: 0, row: 0 }); // it may have changed while it was loaded
    await loadedLongAgo();
    await found(1);
    expect(await missed()).toEqual({ missed: 1, row: 1 });
    await pauseSync(db(), object, null);
    await startSync(db(), object);
    await found(2);
    expect(await missed()).toEqual({ missed: 1, row: 1 });
    await database.admin.query("UPDATE sync_states SET missed_from = now() - interval '1 day'");
    await found(3);
    expect(await missed()).toEqual({ missed: 2, row: 2 });
    await database.admin.query(
      `INSERT INTO webhook_reads (workspace_id, portal_id, object_type, record_id, associations, erases)
       VALUES ($1, $2, 'contacts', 0, false, false)`,
      [object.workspaceId, object.portalId],
    );
    await found(4); // before it is looked for together
    await readNamed();
    expect(await toRead()).toEqual([]);
    await found(5); // and after that
    expect(await missed()).toMatchObject({ missed: 2 });
  });

  test('is missed no more where HubSpot tells of its delete, or it has changed once more by then; of what was never counted as missed nothing is taken back', async () => {
    await loadedLongAgo();
    await came('now()');
    await database.admin.query("UPDATE sync_passes SET ended_at = now() - interval '1 hour'");
    await crm.delete(`${CONTACTS}/${ids[0]}`);
    expect(await RUN_PASS.archived(deps(), options())).toMatchObject({ changed: 1 });
    expect(await missed()).toEqual({ missed: 1, row: 1 });
    await bring(event({ subscriptionType: 'contact.deletion' }));
    await readNamed();
    expect(await missed()).toEqual({ missed: 0, row: 0 });

    await found(1);
    await crm.patch(`${CONTACTS}/${ids[1]}`, { properties: { firstname: 'Once more' } });
    expect(await missed()).toEqual({ missed: 1, row: 1 });
    await bring(event({ objectId: Number(ids[1]) }));
    expect(await readNamed()).toMatchObject({ changed: 1 });
    expect(await missed()).toEqual({ missed: 0, row: 0 });

    await found(2);
    await database.admin.query(
      `UPDATE crm_records SET source = 'calculated', read_at = now() WHERE id = ${ids[3]};
       UPDATE crm_records SET source = 'aside', read_at = now() WHERE id = ${ids[4]}`,
    );
    await bring(event({ objectId: Number(ids[3]) }), event({ objectId: Number(ids[4]) }));
    await readNamed();
    expect(await missed()).toEqual({ missed: 1, row: 0 });
    expect(await rows('SELECT seen_again AS again FROM sync_states')).toEqual([{ again: { webhook: 4 } }]);
  });

  test('whose delete was found by the first round over the recycle bin is not counted as missed: it may be older than the mirror', async () => {
    await loadedLongAgo();
    await came('now()');
    await crm.delete(`${CONTACTS}/${ids[0]}`);
    expect(await RUN_PASS.archived(deps(), options())).toMatchObject({ changed: 1 });
    expect(await missed()).toEqual({ missed: 0, row: 0 });
  });

  test('and was merged is told as one Merged', async () => {
    const { body } = await crm.post(`${CONTACTS}/merge`, {
      primaryObjectId: ids[0],
      objectIdToMerge: ids[1],
    });
    const merge = {
      primaryObjectId: Number(ids[0]),
      mergedObjectIds: [Number(ids[1])],
      newObjectId: Number(body.id),
    };
    await bring(event({ subscriptionType: 'contact.merge', objectId: undefined, ...merge }));
    await readNamed();
    expect(await rows('SELECT action, record_id::text AS id FROM crm_changes WHERE NOT initial')).toEqual([
      { action: 'Merged', id: body.id },
    ]);
  });

  test('and that HubSpot has erased for a person is erased here, with an erasure that says so', async () => {
    await bring(event({ subscriptionType: 'contact.privacyDeletion' }), event());
    await readNamed();
    expect(await rows(`SELECT FROM crm_records WHERE id = ${ids[0]}`)).toEqual([]);
    expect(await rows('SELECT requested_by FROM erasures')).toEqual([{ requested_by: 'hubspot' }]);
    expect(await toRead()).toEqual([]);
  });

  test('waits where HubSpot is away, and is found by the Schedule when its time has come', async () => {
    await bring(event());
    const away = {
      ...deps(),
      gateway: { request: (): Promise<Outcome> => Promise.resolve({ kind: 'unavailable' } as never) },
    };
    expect(await RUN_PASS.webhooks(away, options())).toMatchObject({ ended: 'failed' });
    expect(await toRead()).toEqual([ids[0]]);
    expect(await passesDue(database.pool, 'webhooks', 10)).toEqual([]);
    await database.admin.query(`UPDATE sync_passes SET due_at = now() WHERE pass = 'webhooks'`);
    expect(await passesDue(database.pool, 'webhooks', 10)).toEqual([object]);
    expect(await readNamed()).toMatchObject({ ended: 'done' });
    expect(await passesDue(database.pool, 'webhooks', 10)).toEqual([]);
  });
});

describe('a record that keeps others from being read', () => {
  /** HubSpot answers 400 to what names one of these. */
  const refusing = (...bad: string[]) => ({
    ...deps(),
    gateway: {
      request(request: GatewayRequest): Promise<Outcome> {
        const named = JSON.stringify([request.body, request.params]);
        if (!bad.some((id) => named.includes(`"${id}"`))) return gateway.request(request);
        asked.push(request);
        const body = JSON.stringify({ status: 'error', category: 'VALIDATION_ERROR', message: 'canary' });
        return Promise.resolve(classifyResponse(400, {}, body, { nowMs: 0, timeZone: 'UTC' }));
      },
    },
  });
  const reads = () =>
    rows<{ id: string; tries: number; error: string | null; ended: boolean }>(
      `SELECT record_id::text AS id, tries, error_class AS error, ended_at IS NOT NULL AS ended FROM webhook_reads ORDER BY record_id`,
    );

  test('stands alone in the same turn: the others are read, and it is tried again by itself', async () => {
    for (const id of ids) await crm.patch(`${CONTACTS}/${id}`, { properties: { firstname: `Edited ${id}` } });
    await bring(...ids.map((id) => event({ objectId: Number(id) })));
    const bad = ids[17]!;
    expect(await RUN_PASS.webhooks(refusing(bad), options())).toMatchObject({ ended: 'done', changed: 29 });
    expect(await reads()).toEqual([{ id: bad, tries: 1, error: 'refused', ended: false }]);
    expect(asked.length).toBeLessThan(40);
    // Events that name it meanwhile do not bring its next try nearer.
    await bring(event({ objectId: Number(bad) }), event());
    asked = [];
    expect(await RUN_PASS.webhooks(refusing(bad), options())).toMatchObject({ ended: 'done', seen: 1 });
    expect(asked).toHaveLength(1);
  });

  test('ends after its tries with a reason that is shown, and begins anew when it is named again', async () => {
    await bring(event());
    for (let n = 0; n < 6; n += 1) {
      await RUN_PASS.webhooks(refusing(ids[0]!), options());
      await database.admin.query('UPDATE webhook_reads SET due_at = now() WHERE due_at IS NOT NULL');
    }
    expect(await reads()).toEqual([{ id: ids[0], tries: 6, error: 'refused', ended: true }]);
    asked = [];
    expect(await readNamed()).toMatchObject({ ended: 'done', seen: 0 });
    expect(asked).toEqual([]);
    await bring(event());
    expect(await readNamed()).toMatchObject({ ended: 'done', seen: 1 });
    expect(await reads()).toEqual([]);
  });

  test('is not held to be one of those that are all refused alike: the turn fails, and none is put off', async () => {
    await bring(...ids.slice(0, 5).map((id) => event({ objectId: Number(id) })));
    expect(await RUN_PASS.webhooks(refusing(...ids), options())).toMatchObject({ ended: 'failed' });
    expect(await reads()).toEqual(ids.slice(0, 5).map((id) => ({ id, tries: 0, error: null, ended: false })));
  });

  test('is found where it is the database that does not take it', async () => {
    for (const id of ids.slice(0, 8))
      await crm.patch(`${CONTACTS}/${id}`, { properties: { firstname: `Edited ${id}` } });
    await bring(...ids.slice(0, 8).map((id) => event({ objectId: Number(id) })));
    await database.admin.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.id = ${ids[3]} THEN RAISE EXCEPTION 'no' USING ERRCODE = '22023'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON crm_records FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const unhandled: unknown[] = [];
    try {
      const how = { ...options(), onUnhandled: (error: unknown) => void unhandled.push(error) };
      expect(await RUN_PASS.webhooks(deps(), how)).toMatchObject({ ended: 'done', changed: 7 });
    } finally {
      await database.admin.query('DROP TRIGGER refuse ON crm_records; DROP FUNCTION refuse()');
    }
    expect(await reads()).toEqual([{ id: ids[3], tries: 1, error: 'unhandled', ended: false }]);
    expect(unhandled.length).toBeGreaterThan(0);
  });

  test('keeps no erasure waiting, and HubSpot need not be there for one', async () => {
    await bring(event(), event({ subscriptionType: 'contact.privacyDeletion', objectId: Number(ids[1]) }));
    const away = {
      ...deps(),
      gateway: { request: (): Promise<Outcome> => Promise.resolve({ kind: 'unavailable' } as never) },
    };
    expect(await RUN_PASS.webhooks(away, options())).toMatchObject({ ended: 'failed', seen: 1 });
    expect(await rows(`SELECT FROM crm_records WHERE id = ${ids[1]}`)).toEqual([]);
    expect(await toRead()).toEqual([ids[0]]);
  });
});

describe('records that wait', () => {
  test('are read the longest first, and one that is named again and again stands behind the others', async () => {
    await bring(event({ objectId: Number(ids[9]) }));
    for (let n = 0; n < 3; n += 1) await bring(event({ objectId: Number(ids[n]) }));
    const order = async () =>
      (await rows<{ id: string }>('SELECT record_id::text AS id FROM webhook_reads ORDER BY due_at')).map(
        ({ id }) => id,
      );
    expect(await order()).toEqual([ids[9], ids[0], ids[1], ids[2]]);
    const renaming = {
      ...deps(),
      gateway: {
        async request(request: GatewayRequest) {
          await bring(event({ objectId: Number(ids[9]) }), event({ objectId: Number(ids[20]) }));
          return gateway.request(request);
        },
      },
    };
    await RUN_PASS.webhooks(renaming, options());
    expect(await order()).toEqual([ids[20], ids[9]]);
  });

  test('are found type by type, that first whose oldest has waited longest, whatever its workspace', async () => {
    const objects = Array.from({ length: 6 }, (_, n) => ({
      ...{ workspaceId: randomUUID(), portalId: 500 + n, objectType: 'contacts' },
    }));
    for (const { workspaceId, portalId } of objects) {
      await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, 'w']);
      await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
        ...[portalId, workspaceId],
      ]);
      await startSync(forWorkspace(database.pool, workspaceId), {
        workspaceId,
        portalId,
        objectType: 'contacts',
      });
    }
    await database.admin.query('UPDATE sync_states SET loaded_at = now()');
    for (const { workspaceId, portalId } of objects)
      await database.admin.query(
        `INSERT INTO webhook_reads (workspace_id, portal_id, object_type, record_id, associations, erases, due_at)
         SELECT $1, $2, 'contacts', n, false, false, now() - make_interval(secs => $3 * 10) FROM generate_series(1, 3) n`,
        [workspaceId, portalId, portalId],
      );
    const found: number[] = [];
    for (let n = 0; n < 3; n += 1)
      found.push(...(await passesDue(database.pool, 'webhooks', 2)).map(({ portalId }) => portalId).sort());
    expect(found).toEqual([504, 505, 502, 503, 500, 501]);
  });

  const sent = (...events: unknown[]) =>
    takeEvents(
      database.pool,
      events.map((one) => ({ workspaceId: object.workspaceId, event: readWebhookEvent(one)! })),
      { mostAlone: 3 },
    );
  const imported = (n: number, over = {}) =>
    event({ objectId: Number(ids[n]), changeSource: 'IMPORT', ...over });

  test('are so many at most: what is named beyond them is looked for together, an erasure never', async () => {
    await sent(imported(0), imported(1), imported(2));
    await sent(
      ...[imported(3), imported(4, { subscriptionType: 'contact.deletion' })],
      imported(5, { subscriptionType: 'contact.privacyDeletion' }),
      event({
        ...{ subscriptionType: 'contact.associationChange', objectId: undefined },
        ...{ associationType: 'CONTACT_TO_COMPANY', fromObjectId: Number(ids[6]), toObjectId: 1 },
      }),
    );
    expect(
      await rows('SELECT record_id::text AS id, associations, deletes FROM webhook_reads ORDER BY record_id'),
    ).toEqual([
      { id: '0', associations: true, deletes: true },
      ...[0, 1, 2, 5].map((n) => ({ id: ids[n], associations: false, deletes: false })),
    ]);
    await database.admin.query(
      `UPDATE sync_states SET due_at = now() + interval '1 hour'; UPDATE sync_passes SET due_at = now() + interval '1 hour' WHERE pass <> 'webhooks'`,
    );
    expect(await readNamed()).toMatchObject({ ended: 'done', seen: 5 });
    expect(await toRead()).toEqual([]);
    expect(
      await rows(
        `SELECT due_at <= now() AS due, associations_behind_since IS NOT NULL AS behind FROM sync_states`,
      ),
    ).toEqual([{ due: true, behind: true }]);
    expect(
      await rows(`SELECT pass FROM sync_passes WHERE due_at <= now() AND pass <> 'webhooks' ORDER BY pass`),
    ).toEqual([{ pass: 'archived' }, { pass: 'associations' }]);
    // A search brings what was named and is not read one by one.
    await crm.patch(`${CONTACTS}/${ids[3]}`, { properties: { firstname: 'Imported' } });
    await runSync(deps(), { ...options(), onPage: () => undefined });
    expect(await firstNameOf(ids[3]!)).toBe('Imported');
  });

  test('are no more for coming together: a commit that would lead beyond them is looked for together', async () => {
    await sent(imported(0), imported(1));
    await sent(imported(2), imported(3));
    expect(await toRead()).toEqual(['0', ids[0], ids[1]]);
  });
});

describe('what a call brings', () => {
  /** Statements of the intake, by their names; a value that the database does not take. */
  function watched(poison?: string) {
    const names: string[] = [];
    const pool = {
      query(statement: { name: string; text: string; values: unknown[] }) {
        names.push(statement.name);
        if (poison !== undefined && JSON.stringify(statement.values).includes(poison))
          return Promise.reject(Object.assign(new Error('canary'), { code: '22P02' }));
        return database.pool.query(statement);
      },
    } as unknown as Pool;
    const one = createWebhookIntake({
      ...{ intakePool: pool, logger: silent, metrics: createMetrics('test', silent) },
    });
    return { names, ...one };
  }
  const call = (route: WebhookIntake['route'], events: readonly unknown[]) =>
    route.answer({ body: Buffer.from(JSON.stringify(events)), url: '', version: 'v1' });

  test('is stored but for the one that the database refuses, which is left out and counted', async () => {
    const { route, stop } = watched('poison');
    const events = ids.map((id, n) =>
      event({ objectId: Number(id), propertyName: n === 11 ? 'poison' : 'email' }),
    );
    expect(await call(route, events)).toMatchObject({ status: 200 });
    await stop();
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(29);
  });

  test('is looked up, stored and kept aside in one statement each, however many portals it names', async () => {
    const { route, names, stop } = watched();
    const events = [
      ...ids.slice(0, 10).map((id) => event({ objectId: Number(id) })),
      ...Array.from({ length: 40 }, (_, n) => event({ portalId: STRANGER + n })),
    ];
    await Promise.all([call(route, events.slice(0, 25)), call(route, events.slice(25))]);
    await stop();
    const counts = Object.fromEntries(
      ['portal_workspaces', 'webhook_take', 'webhook_keep_strays'].map((name) => [
        ...[name, names.filter((one) => one === name).length],
      ]),
    );
    expect(counts).toEqual({ portal_workspaces: 1, webhook_take: 1, webhook_keep_strays: 1 });
  });

  test('of long ago is known as late and read by nobody, however often it is played again; an erasure is done', async () => {
    const old = event({ occurredAt: Date.now() - 5 * 86_400_000 });
    await bring(old, event({ objectId: Number(ids[1]), occurredAt: Date.now() - 3 * 86_400_000 }));
    await bring(old);
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(2);
    expect(await toRead()).toEqual([ids[1]]);
    await bring({ ...old, subscriptionType: 'contact.privacyDeletion' });
    expect(await toRead()).toEqual([ids[0], ids[1]]);
  });

  test('of associations that change while their type is paused has a round over all of them come', async () => {
    await database.admin.query(
      `UPDATE sync_states SET paused_at = now(), associations_behind_since = now() - interval '1 hour';
       UPDATE sync_passes SET due_at = now() + interval '6 hours' WHERE pass = 'associations'`,
    );
    await bring(
      event({
        ...{ subscriptionType: 'contact.associationChange', objectId: undefined },
        ...{ associationType: 'CONTACT_TO_COMPANY', fromObjectId: Number(ids[0]), toObjectId: 1 },
      }),
    );
    expect(await toRead()).toEqual([]);
    expect(
      await rows(
        `SELECT s.associations_behind_since >= s.paused_at AS behind, o.due_at <= now() AS due
           FROM sync_states s JOIN sync_passes o USING (workspace_id, portal_id, object_type) WHERE o.pass = 'associations'`,
      ),
    ).toEqual([{ behind: true, due: true }]);
  });
});
