import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createWebhookIntake, type WebhookIntake } from '../../../src/api/webhooks/webhookIntake.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { passesDue } from '../../../src/db/sync/passes.js';
import type { Pool } from '../../../src/db/pool.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createEraser } from '../../../src/services/privacy/eraser.js';
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
    'TRUNCATE sync_states, sync_passes, portals, webhook_events, webhook_reads, webhook_strays, crm_records, crm_changes, erasures',
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

  test('of a time that cannot be have a place all the same', async () => {
    await bring(event({ occurredAt: 0 }), event({ occurredAt: Date.UTC(2500, 1) }));
    expect(
      await rows(
        `SELECT FROM webhook_events WHERE occurred_at BETWEEN now() - interval '1 minute' AND now()`,
      ),
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

  test('that tell of an erasure wait for a mirror that is paused or being loaded', async () => {
    await database.admin.query('UPDATE sync_states SET paused_at = now()');
    await bring(event({ subscriptionType: 'contact.privacyDeletion' }));
    expect(await readNamed()).toMatchObject({ ended: 'not_taken' });
    expect(await toRead()).toEqual([ids[0]]);
    await database.admin.query('UPDATE sync_states SET paused_at = NULL');
    expect(await readNamed()).toMatchObject({ ended: 'done' });
    expect(await rows(`SELECT FROM crm_records WHERE id = ${ids[0]}`)).toEqual([]);
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
