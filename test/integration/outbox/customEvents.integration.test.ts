import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deliverClaim } from '../../../src/activities/outbox/deliverClaim.js';
import type { DeliveryDependencies } from '../../../src/activities/outbox/deliveryDependencies.js';
import { createPortalProperties } from '../../../src/activities/outbox/portalProperties.js';
import { createPortalSetUp } from '../../../src/activities/outbox/portalSetUp.js';
import { createPropertyRequests } from '../../../src/activities/outbox/propertyRequests.js';
import { claimEvents } from '../../../src/db/outbox/claims.js';
import { noteRefusedEvents } from '../../../src/db/outbox/customEvents.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { findEvent, listEvents } from '../../../src/db/outbox/events.js';
import { CUSTOM_EVENT_SCOPE } from '../../../src/domain/outbox/customEvents.js';
import type { GatewayRequest } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { defineEvent } from '../../../src/sdk/outbox/registry/eventType.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { createOutboxInstruments } from '../../../src/services/outbox/instruments.js';
import { NO_SETTINGS } from '../../../src/services/outbox/workspaceSettings.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const LOST: Outcome = { kind: 'unknown', reason: 'timeout', message: 'HubSpot did not answer' };
const AWAY: Outcome = { kind: 'unavailable', status: 503, reason: 'server', message: 'away', effect: 'none' };
const NO_SUCH_EVENT: Outcome = { kind: 'notFound', status: 404, message: 'no such event' };
const NOT_ALLOWED: Outcome = {
  ...{ kind: 'forbidden', status: 403, message: 'not allowed', missingScopes: [] },
};
const BAD: Outcome = { kind: 'invalid', status: 400, message: 'bad', body: undefined, properties: [] };
const EMAIL = 'dana@example.com';

/** An event on the timeline of a contact that has to be looked up. */
const visited = defineEvent({
  ...{
    name: 'visited',
    version: 1,
    description: 'A visit',
    schema: z.object({ driverId: z.string() }).loose(),
  },
  example: { driverId: 'd-1' },
  orderingKey: ({ driverId }) => driverId,
  fallbacks: { visited: { count: 'sluice_visits' } },
  effects: ({ driverId }, { occurredAt }) => [
    {
      ...{ kind: 'customEvent', name: 'visited', properties: {}, timestamp: occurredAt },
      on: { objectType: 'contacts', by: { property: 'sluice_driver_key', value: driverId } },
    },
  ],
});

/** One that declares no fallback. */
const joined = defineEvent({
  ...{
    name: 'joined',
    version: 1,
    description: 'Somebody joined',
    schema: z.object({ driverId: z.string(), email: z.string() }).loose(),
  },
  example: { driverId: 'd-1', email: EMAIL },
  orderingKey: ({ driverId }) => driverId,
  effects: ({ email }, { occurredAt }) => [
    {
      ...{ kind: 'customEvent', name: 'joined', properties: {}, timestamp: occurredAt },
      on: { objectType: 'contacts', by: { property: 'email', value: email } },
    },
  ],
});

let database: TestDatabase;
let crm: CrmHarness;
let portal: { workspaceId: string; portalId: number };
let portalId = 9500;
let asked: string[];
/** What HubSpot answers to a request of this resource, once; `performed`: it was done all the same. */
let mishaps: { resource: string; answer: Outcome; performed: boolean }[];
/** What HubSpot has against a contact's custom event: it takes the others of a request, and answers 207. */
let refused: { email: string; category: string; names: boolean } | undefined;
/** The addresses of the custom events that it took. */
let taken: string[];
/** Names of custom events that the portal has not: HubSpot answers 404 to a request that has one of them. */
let lacking: string[];
/** The names in each request that sent custom events. */
let sentNames: string[][];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  crm = await startCrm();
  portal = { workspaceId: randomUUID(), portalId: (portalId += 1) };
  [asked, mishaps, lacking, sentNames, refused, taken] = [[], [], [], [], undefined, []];
  await database.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'test')`, [portal.workspaceId]);
  await database.admin.query(
    `INSERT INTO portals (portal_id, workspace_id, auth, scopes) VALUES ($1, $2, 'oauth', '{}')`,
    [portal.portalId, portal.workspaceId],
  );
});
afterEach(() => crm.close());

async function request(sent: GatewayRequest): Promise<Outcome> {
  asked.push(sent.resource);
  const at = mishaps.findIndex(({ resource }) => resource === sent.resource);
  const [mishap] = at < 0 ? [] : mishaps.splice(at, 1);
  if (mishap && !mishap.performed) return mishap.answer;
  if (sent.resource === 'sendEvents') {
    const names = sent.body.inputs.map(({ eventName }) => eventName.replace(/^pe\d+_/, ''));
    sentNames.push(names);
    if (names.some((name) => lacking.includes(name))) return NO_SUCH_EVENT;
    const { inputs } = sent.body;
    const bad = inputs.find(({ email }) => email === refused?.email);
    taken.push(
      ...inputs.flatMap(({ email }) => (email === undefined || email === bad?.email ? [] : [email])),
    );
    if (refused && bad) return refusedRow(refused, bad.uuid ?? '');
  }
  const { method, path } = pathOf(sent.resource, VERSIONS, sent.params ?? {});
  const { status, body } = await crm.call(method, path, 'body' in sent ? sent.body : undefined);
  if (mishap) return mishap.answer;
  const text = body === undefined ? '' : JSON.stringify(body);
  return classifyResponse(status, {}, text, { nowMs: 0, timeZone: 'UTC' });
}

function refusedRow({ category, names }: { category: string; names: boolean }, uuid: string): Outcome {
  const context = names ? { uuid: [uuid] } : {};
  const errors = [{ status: 'error', category, message: 'not this one', context }];
  const body = { status: 'COMPLETE', numErrors: 1, errors };
  return classifyResponse(207, {}, JSON.stringify(body), { nowMs: 0, timeZone: 'UTC' });
}

function deps(): DeliveryDependencies {
  const properties = createPortalProperties(
    createPropertyRequests({ gateway: { request }, logger, group: 'sluice' }),
  );
  return {
    pool: database.pool,
    gateway: { request },
    registry: createRegistry([...SHIPPED, visited, joined]),
    versions: VERSIONS,
    config: {
      HUBSPOT_SEND_LIVE: true,
      OUTBOX_BATCH_SIZE: 100,
      OUTBOX_MAX_ATTEMPTS: 10,
      OUTBOX_CIRCUIT_FAILURES: 10,
      OUTBOX_CIRCUIT_COOL_DOWN_MS: 60_000,
      HUBSPOT_APP_EVENTS: [],
    },
    metrics: createOutboxInstruments(createMetrics('test')),
    portalSetUp: createPortalSetUp({ properties, make: true, prefix: 'sluice_', appEvents: [] }),
    settings: { of: () => Promise.resolve(NO_SETTINGS) },
    options: {},
    pace: () => Promise.resolve(),
    logger,
    leaseMs: 10_000,
  };
}

let n = 0;
async function capture(type: string, more: object): Promise<void> {
  const data = { driverId: 'd-1', email: EMAIL, ...more };
  const given = { type, payload: JSON.stringify(data), orderingKey: data.driverId };
  await enqueueEvents(database.pool, [newEvent(portal, (n += 1), given)]);
}
const redeemed = (redemptionId: string) =>
  capture('nova_redeemed', { amount: 10, redemptionId, reward: 'Coffee' });

async function deliver() {
  await database.admin.query(
    'UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1 AND state = 1',
    [portal.portalId],
  );
  const taken = await claimEvents(database.pool, { ...portal, owner: 'test', max: 10, leaseMs: 10_000 });
  if (!taken) throw new Error('Nothing is ready');
  asked = [];
  return deliverClaim(deps(), portal, taken);
}
/** As `deliver`, after a worker that took the claim before was killed. */
async function deliverTakenOver() {
  const request = { ...portal, owner: 'test', max: 10, leaseMs: 10_000 };
  await claimEvents(database.pool, request);
  await database.admin.query(
    `UPDATE outbox_claims SET lease_until = clock_timestamp() - interval '3 minutes' WHERE portal_id = $1`,
    [portal.portalId],
  );
  const taken = await claimEvents(database.pool, request);
  if (taken?.again !== true) throw new Error('Nothing was taken over');
  asked = [];
  return deliverClaim(deps(), portal, taken);
}
const grant = (...scopes: string[]) =>
  database.admin.query('UPDATE portals SET scopes = $2 WHERE portal_id = $1', [portal.portalId, scopes]);
async function contact() {
  const names = [
    ...['sluice_nova_redeemed', 'sluice_redemptions', 'sluice_nova_redeemed_events'],
    ...['sluice_nova_last_redemption', 'sluice_wallet_passes', 'sluice_visits'],
  ];
  const { body } = await crm.get(
    `/crm/objects/2026-03/contacts/${EMAIL}?idProperty=email&properties=${names.join(',')}`,
  );
  // Names that the portal has no property of are left out.
  const values = body.properties as Record<string, string | null>;
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}
async function refusedNames() {
  const { rows } = await database.admin.query<{ names: string[] }>(
    `SELECT ARRAY(SELECT jsonb_object_keys(refused_events) ORDER BY 1) AS names
       FROM outbox_portals WHERE portal_id = $1`,
    [portal.portalId],
  );
  return rows[0]?.names ?? [];
}
async function states() {
  const events = await listEvents(database.admin, portal.workspaceId, { limit: 10 });
  return events.map(({ state, byFallback, attempts }) => ({ state, byFallback, attempts })).reverse();
}
async function reasons() {
  const events = await listEvents(database.admin, portal.workspaceId, { limit: 10 });
  const details = await Promise.all(
    events.map(({ id }) => findEvent(database.admin, portal.workspaceId, id)),
  );
  return details
    .map((event) => (event?.effects as Record<string, { fallback?: string }> | null)?.['1']?.fallback)
    .reverse();
}

describe('the fallback of a custom event', () => {
  test('whose answer is lost counts once, and stays the way of its event when HubSpot takes custom events again', async () => {
    await redeemed('r-1');
    mishaps = [{ resource: 'createObjects', answer: LOST, performed: true }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    await grant(CUSTOM_EVENT_SCOPE);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).not.toContain('sendEvents');
    expect(await contact()).toMatchObject({
      ...{ sluice_nova_redeemed: '10', sluice_redemptions: '1' },
      ...{ sluice_nova_redeemed_events: '1', sluice_nova_last_redemption: 'r-1' },
    });
    // The next one goes as a custom event.
    await redeemed('r-2');
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).toContain('sendEvents');
    expect(await contact()).toMatchObject({ sluice_redemptions: '2', sluice_nova_redeemed_events: '1' });
    expect(await reasons()).toEqual(['scope', undefined]);
  });

  test('counts nothing while the contact cannot be looked up, and several events of a contact are as many', async () => {
    for (const id of ['r-1', 'r-2', 'r-3']) await redeemed(id);
    expect(await deliver()).toMatchObject({ done: 3 });
    await redeemed('r-4');
    mishaps = [{ resource: 'readObjects', answer: AWAY, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    expect(await contact()).toMatchObject({ sluice_redemptions: '3', sluice_nova_redeemed_events: '3' });
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await contact()).toMatchObject({
      ...{ sluice_redemptions: '4', sluice_nova_redeemed: '40' },
      ...{ sluice_nova_redeemed_events: '4', sluice_nova_last_redemption: 'r-4' },
    });
  });

  test('is delivered for an event that HubSpot does not have, without a try and without counting twice what stands before it', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    await redeemed('r-1');
    mishaps = [{ resource: 'sendEvents', answer: NO_SUCH_EVENT, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, dead: 0, retried: 1 });
    expect(await states()).toEqual([{ state: 'retrying', byFallback: true, attempts: 0 }]);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).not.toContain('sendEvents');
    expect(await states()).toEqual([{ state: 'processed', byFallback: true, attempts: 1 }]);
    expect(await contact()).toMatchObject({
      ...{ sluice_nova_redeemed: '10', sluice_redemptions: '1', sluice_nova_redeemed_events: '1' },
    });
    // Others of that name are not asked for again, those of another name are; after a day both are.
    await redeemed('r-2');
    await deliver();
    expect(asked).not.toContain('sendEvents');
    await capture('wallet_pass_installed', { platform: 'apple' });
    await deliver();
    expect(asked).toContain('sendEvents');
    await database.admin.query(
      `UPDATE outbox_portals SET refused_events = jsonb_build_object('nova_redeemed', now() - interval '25 hours')
        WHERE portal_id = $1`,
      [portal.portalId],
    );
    await redeemed('r-3');
    await deliver();
    expect(asked).toContain('sendEvents');
    expect(await reasons()).toEqual(['undefined', 'undefined', undefined, undefined]);
    // What is asked about again goes from the list with the next refusal: it does not grow for good.
    await noteRefusedEvents(database.admin, portal.portalId, ['wallet_pass_installed']);
    expect(await refusedNames()).toEqual(['wallet_pass_installed']);
    expect(await contact()).toMatchObject({ sluice_redemptions: '3', sluice_nova_redeemed_events: '2' });
  });

  test('is for the name alone that HubSpot lacks: others of its request are asked for by their names', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    lacking = ['wallet_pass_installed'];
    await redeemed('r-1');
    await capture('wallet_pass_installed', { platform: 'apple', driverId: 'd-2', email: 'eve@example.com' });
    await capture('nova_redeemed', {
      ...{ amount: 1, redemptionId: 'r-2', reward: 'Tea' },
      ...{ driverId: 'd-3', email: 'finn@example.com' },
    });
    expect(await deliver()).toMatchObject({ done: 2, retried: 1, dead: 0 });
    expect(sentNames.map((names) => [...names].sort())).toEqual([
      ['nova_redeemed', 'nova_redeemed', 'wallet_pass_installed'],
      ['nova_redeemed', 'nova_redeemed'],
      ['wallet_pass_installed'],
    ]);
    expect(await refusedNames()).toEqual(['wallet_pass_installed']);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await reasons()).toEqual([undefined, 'undefined', undefined]);
    expect(await contact()).toMatchObject({ sluice_redemptions: '1', sluice_nova_redeemed_events: null });
  });

  test.each([
    { answer: NO_SUCH_EVENT, ends: { retried: 1, dead: 0 } },
    { answer: NOT_ALLOWED, ends: { retried: 0, dead: 1 } },
    { answer: BAD, ends: { retried: 0, dead: 1 } },
  ])(
    'is not delivered for what HubSpot answers to another request: $answer.status to a look-up',
    async ({ answer, ends }) => {
      await capture('nova_redeemed', { amount: 1, redemptionId: 'r-1', reward: 'Tea', keyed: true });
      await deliver();
      await grant(CUSTOM_EVENT_SCOPE);
      await capture('visited', {});
      mishaps = [{ resource: 'readObjects', answer, performed: false }];
      expect(await deliver()).toMatchObject({ done: 0, ...ends });
      expect(asked).not.toContain('sendEvents');
      expect(await refusedNames()).toEqual([]);
      expect((await states()).at(-1)).toMatchObject({ byFallback: false });
      // The one that waits, or the next one.
      if (ends.dead === 1) await capture('visited', {});
      expect(await deliver()).toMatchObject({ done: 1 });
      expect(asked).toContain('sendEvents');
      expect(await contact()).toMatchObject({ sluice_visits: null });
    },
  );

  test('is not delivered for an event that HubSpot may have taken, whatever it refuses since', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    await redeemed('r-1');
    mishaps = [{ resource: 'sendEvents', answer: LOST, performed: true }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    // Meanwhile another event of that name was refused, the portal was busy, and this one is refused, too.
    await noteRefusedEvents(database.admin, portal.portalId, ['nova_redeemed']);
    mishaps = [{ resource: 'sendEvents', answer: AWAY, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    mishaps = [{ resource: 'sendEvents', answer: NO_SUCH_EVENT, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1, dead: 0 });
    expect(asked).toContain('sendEvents');
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).toContain('sendEvents');
    expect(await reasons()).toEqual([undefined]);
    expect(await contact()).toMatchObject({ sluice_redemptions: '1', sluice_nova_redeemed_events: null });
  });

  test('is not delivered by whoever takes a claim over, whose custom event may have been sent, unless HubSpot refuses it', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    await redeemed('r-1');
    await noteRefusedEvents(database.admin, portal.portalId, ['nova_redeemed']);
    expect(await deliverTakenOver()).toMatchObject({ done: 1 });
    expect(asked).toContain('sendEvents');
    expect(await contact()).toMatchObject({ sluice_nova_redeemed_events: null });
    await redeemed('r-2');
    lacking = ['nova_redeemed'];
    expect(await deliverTakenOver()).toMatchObject({ done: 0, retried: 1 });
    expect(asked).toContain('sendEvents');
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).not.toContain('sendEvents');
    expect(await contact()).toMatchObject({ sluice_redemptions: '2', sluice_nova_redeemed_events: '1' });
  });

  const two = async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    await redeemed('r-1');
    await capture('nova_redeemed', {
      ...{ amount: 1, redemptionId: 'r-2', reward: 'Tea', driverId: 'd-2', email: 'eve@example.com' },
    });
  };

  test('is delivered for the one row that HubSpot refuses by name in a 207, and for no other of its request', async () => {
    await two();
    refused = { email: EMAIL, category: 'VALIDATION_ERROR', names: true };
    expect(await deliver()).toMatchObject({ done: 1, retried: 1, dead: 0 });
    expect(taken).toEqual(['eve@example.com']);
    expect(await refusedNames()).toEqual([]);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(asked).not.toContain('sendEvents');
    expect(await reasons()).toEqual(['event', undefined]);
    expect(await contact()).toMatchObject({ sluice_redemptions: '1', sluice_nova_redeemed_events: '1' });
  });

  test('is delivered for an event that was sent alone where a 207 says what is wrong and names nothing', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    await redeemed('r-1');
    refused = { email: EMAIL, category: 'VALIDATION_ERROR', names: false };
    expect(await deliver()).toMatchObject({ done: 0, retried: 1, dead: 0 });
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await reasons()).toEqual(['event']);
    expect(await contact()).toMatchObject({ sluice_nova_redeemed_events: '1' });
  });

  test('is not delivered for rows that a 207 does not name: they are asked for in halves, and the one that is refused ends alone', async () => {
    await two();
    refused = { email: EMAIL, category: 'VALIDATION_ERROR', names: false };
    expect(await deliver()).toMatchObject({ done: 1, retried: 0, dead: 1 });
    expect(sentNames.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(await reasons()).toEqual([undefined, undefined]);
    expect(await contact()).toMatchObject({ sluice_redemptions: '1', sluice_nova_redeemed_events: null });
  });

  test.each(['INTERNAL_ERROR', 'SOMETHING_NEW'])(
    'is not delivered for a row whose error says not that it was refused: %s',
    async (category) => {
      await two();
      refused = { email: EMAIL, category, names: true };
      expect(await deliver()).toMatchObject({ done: 1, retried: 1, dead: 0 });
      refused = { email: EMAIL, category: 'VALIDATION_ERROR', names: true };
      expect(await deliver()).toMatchObject({ done: 0, retried: 0, dead: 1 });
      expect(asked).toContain('sendEvents');
      expect(await contact()).toMatchObject({ sluice_nova_redeemed_events: null });
    },
  );
});

describe('a custom event without a fallback', () => {
  test('waits where HubSpot lacks its definition, without a try, and goes on when it is made', async () => {
    await grant(CUSTOM_EVENT_SCOPE);
    lacking = ['joined'];
    await capture('joined', {});
    expect(await deliver()).toMatchObject({ done: 0, dead: 0, retried: 1 });
    expect(await deliver()).toMatchObject({ done: 0, dead: 0, retried: 1 });
    expect(asked).toContain('sendEvents');
    expect(await states()).toEqual([{ state: 'retrying', byFallback: false, attempts: 0 }]);
    lacking = [];
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await states()).toEqual([{ state: 'processed', byFallback: false, attempts: 1 }]);
  });

  test.each([NOT_ALLOWED, BAD])('ends as a dead letter where HubSpot refuses it: $status', async (answer) => {
    await grant(CUSTOM_EVENT_SCOPE);
    await capture('joined', {});
    mishaps = [{ resource: 'sendEvents', answer, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, dead: 1, retried: 0 });
  });
});
