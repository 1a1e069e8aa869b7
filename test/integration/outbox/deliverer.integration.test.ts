import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deliverClaim } from '../../../src/activities/outbox/deliverClaim.js';
import type { DeliveryDependencies } from '../../../src/activities/outbox/deliveryDependencies.js';
import { createPortalSetUp } from '../../../src/activities/outbox/portalSetUp.js';
import { createPortalProperties } from '../../../src/activities/outbox/portalProperties.js';
import { createPropertyRequests } from '../../../src/activities/outbox/propertyRequests.js';
import { claimEvents, type OutboxClaim } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { COUNTER_MARKER, EFFECT_KEY_PROPERTY } from '../../../src/domain/outbox/portalCapabilities.js';
import type { GatewayRequest } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createOutboxInstruments } from '../../../src/services/outbox/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { defineEvent } from '../../../src/sdk/outbox/registry/eventType.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { EFFECT_KEY } from '../../../src/sdk/outbox/registry/ownProperties.js';
import { NO_SETTINGS } from '../../../src/services/outbox/workspaceSettings.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';
import { newEvent } from '../../support/outboxEvents.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const LOST: Outcome = {
  kind: 'unknown',
  reason: 'timeout',
  message: 'HubSpot did not answer within the deadline',
};
const AWAY: Outcome = { kind: 'unavailable', status: 503, reason: 'server', message: 'away', effect: 'none' };

/**
 * A contact and a note on it, in a portal that has no unique property of ours: the note is a create that HubSpot
 * cannot deduplicate.
 */
const called = defineEvent({
  name: 'called',
  version: 1,
  description: 'Somebody called.',
  schema: z.object({ email: z.string(), words: z.string() }),
  example: { email: 'ann@example.com', words: 'Called back' },
  orderingKey: ({ email }) => email,
  effects: ({ email, words }, { occurredAt }) => [
    { kind: 'upsertContact', by: { property: 'email', value: email }, properties: {} },
    { kind: 'note', on: { effect: 0 }, body: words, timestamp: occurredAt },
  ],
});

const PAYLOAD = JSON.stringify({ email: 'ann@example.com', words: 'Called back' });

let database: TestDatabase;
let crm: CrmHarness;
let portal: { workspaceId: string; portalId: number };
let portalId = 9000;
/** The requests that reached HubSpot's side. */
let asked: string[];
/** What HubSpot does with a request of this resource, once. */
let mishaps: { resource: string; answer: Outcome | Error; performed: boolean }[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  crm = await startCrm();
  portal = { workspaceId: randomUUID(), portalId: (portalId += 1) };
  mishaps = [];
  asked = [];
  await enqueueEvents(database.pool, [
    newEvent(portal, 1, { type: 'called', payload: PAYLOAD, orderingKey: 'ann' }),
  ]);
});
afterEach(() => crm.close());

async function request(sent: GatewayRequest): Promise<Outcome> {
  const { objectType } = (sent.params ?? {}) as { objectType?: string };
  asked.push(sent.resource === 'createObjects' ? `${sent.resource} ${objectType}` : sent.resource);
  const at = mishaps.findIndex(({ resource }) => resource === sent.resource);
  const [mishap] = at < 0 ? [] : mishaps.splice(at, 1);
  if (mishap && !mishap.performed) return fail(mishap.answer);
  const { method, path } = pathOf(sent.resource, VERSIONS, sent.params ?? {});
  const { status, body } = await crm.call(method, path, 'body' in sent ? sent.body : undefined);
  if (mishap) return fail(mishap.answer);
  const text = body === undefined ? '' : JSON.stringify(body);
  return classifyResponse(status, {}, text, { nowMs: 0, timeZone: 'UTC' });
}

function fail(answer: Outcome | Error): Outcome {
  if (answer instanceof Error) throw answer;
  return answer;
}

/** As a worker knows properties. */
function properties({ make, appEvents = [] }: { make: boolean; appEvents?: string[] }) {
  const known = createPortalProperties(
    createPropertyRequests({ gateway: { request }, logger, group: 'sluice' }),
  );
  return {
    properties: known,
    portalSetUp: createPortalSetUp({ properties: known, make, prefix: 'sluice_', appEvents }),
  };
}

const deps = (): DeliveryDependencies => ({
  pool: database.pool,
  gateway: { request },
  registry: createRegistry([called]),
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
  // Nothing is made: the portal has no unique property of ours.
  ...properties({ make: false }),
  settings: { of: () => Promise.resolve(NO_SETTINGS) },
  options: {},
  pace: () => Promise.resolve(),
  logger,
  leaseMs: 10_000,
});

async function claim(leaseMs = 10_000): Promise<OutboxClaim> {
  await database.admin.query(
    'UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1 AND state = 1',
    [portal.portalId],
  );
  const taken = await claimEvents(database.pool, { ...portal, owner: 'test', max: 10, leaseMs });
  if (!taken) throw new Error('Nothing is ready');
  return taken;
}
const deliver = async (leaseMs?: number) => deliverClaim(deps(), portal, await claim(leaseMs));
const notes = async (): Promise<{ associated: boolean }[]> => {
  const { body } = await crm.get('/crm/objects/2026-03/notes?associations=contacts');
  return body.results.map((note: { associations?: { contacts?: { results: unknown[] } } }) => ({
    associated: note.associations?.contacts?.results.length === 1,
  }));
};
const ledger = async () => {
  const { rows } = await database.admin.query(
    'SELECT state, ambiguous, object_id IS NOT NULL AS known FROM outbox_ledger WHERE portal_id = $1',
    [portal.portalId],
  );
  return rows;
};
const age = (interval: string) =>
  database.admin.query('UPDATE outbox_ledger SET sent_at = sent_at - $2::interval WHERE portal_id = $1', [
    portal.portalId,
    interval,
  ]);

describe('a create that HubSpot cannot deduplicate', () => {
  test('is in the ledger with its id when it went through', async () => {
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await notes()).toEqual([{ associated: true }]);
    expect(await ledger()).toEqual([{ state: 'done', ambiguous: 0, known: true }]);
  });

  test('whose answer was lost is looked for and not made again; the case stays on record', async () => {
    mishaps = [{ resource: 'createObjects', answer: LOST, performed: true }];
    // The contact is made by a create, too; it is found by its address.
    await crm.create('contacts', { email: 'ann@example.com' });
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    expect(await ledger()).toEqual([{ state: 'ambiguous', ambiguous: 1, known: false }]);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await notes()).toEqual([{ associated: true }]);
    expect(await ledger()).toEqual([{ state: 'done', ambiguous: 1, known: true }]);
  });

  test('of which nothing is found soon after it was sent waits, without an attempt; later it is made', async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    mishaps = [{ resource: 'createObjects', answer: LOST, performed: false }];
    await deliver();
    for (let look = 0; look < 2; look += 1) {
      expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
      expect(await notes()).toEqual([]);
    }
    expect((await claim(0)).events[0]?.attempts).toBe(1);
    await age('3 minutes');
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await notes()).toEqual([{ associated: true }]);
  });

  test('that is sent again and lost again has its time to appear counted anew', async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    mishaps = [
      { resource: 'createObjects', answer: LOST, performed: false },
      { resource: 'createObjects', answer: LOST, performed: true },
    ];
    await deliver();
    await age('3 minutes');
    await crm.settings({ searchIndexLagMs: 500 });
    await deliver();
    expect(await ledger()).toEqual([{ state: 'ambiguous', ambiguous: 2, known: false }]);
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    await until('the search shows it', async () => (await deliver()).done === 1, 10_000, 100);
    expect(await notes()).toEqual([{ associated: true }]);
  });

  test('that went through, and whose association did not, is only associated by the next try', async () => {
    mishaps = [{ resource: 'createDefaultAssociations', answer: AWAY, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    expect(await notes()).toEqual([{ associated: false }]);
    expect(await ledger()).toEqual([{ state: 'done', ambiguous: 0, known: true }]);
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await notes()).toEqual([{ associated: true }]);
  });

  test('of a process that died before it could book anything is found by who takes its claim over', async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    mishaps = [{ resource: 'createObjects', answer: new Error('SIGKILL'), performed: true }];
    await expect(deliver(0)).rejects.toThrow('SIGKILL');
    // The next one cannot look, and hands back what it took: the one after it must look all the same.
    mishaps = [{ resource: 'searchObjects', answer: AWAY, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, retried: 1 });
    expect(await deliver()).toMatchObject({ done: 1 });
    expect(await notes()).toEqual([{ associated: true }]);
  });
});

describe('a look-up of a create that may have been sent', () => {
  const FORBIDDEN = {
    ...{ kind: 'forbidden', status: 403, message: 'no', category: 'MISSING_SCOPES' },
    ...{ missingScopes: ['crm.objects.notes.read'] },
  } as unknown as Outcome;

  beforeEach(async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    mishaps = [{ resource: 'createObjects', answer: LOST, performed: true }];
    await deliver();
  });

  test('that HubSpot refuses for good ends in a dead letter that says what to do, and frees its ordering key', async () => {
    mishaps = [{ resource: 'searchObjects', answer: FORBIDDEN, performed: false }];
    expect(await deliver()).toMatchObject({ done: 0, dead: 1 });
    const { rows } = await database.admin.query<{ reason: string; error_class: string }>(
      'SELECT reason, error_class FROM outbox_dead WHERE portal_id = $1',
      [portal.portalId],
    );
    expect(rows).toEqual([
      {
        error_class: 'unknown',
        reason: expect.stringMatching(/crm.objects.notes.read.*if it is there, discard/),
      },
    ]);
    expect(await ledger()).toEqual([{ state: 'ambiguous', ambiguous: 1, known: false }]);
  });

  test('that cannot be answered now is a try, so that it has an end', async () => {
    for (let tried = 1; tried < 10; tried += 1) {
      mishaps = [{ resource: 'searchObjects', answer: AWAY, performed: false }];
      await deliver();
    }
    const { rows } = await database.admin.query('SELECT FROM outbox_dead WHERE portal_id = $1', [
      portal.portalId,
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('an event that HubSpot cannot take', () => {
  const circuit = (change: string) =>
    database.admin.query(`UPDATE outbox_portals SET ${change} WHERE portal_id = $1`, [portal.portalId]);
  const fail = async () => {
    mishaps = [{ resource: 'readObjects', answer: AWAY, performed: false }];
    return deliver();
  };

  test('is no dead letter while nothing of its portal gets through, and is delivered when HubSpot is back', async () => {
    for (let tried = 1; tried <= 14; tried += 1) {
      expect(await fail()).toMatchObject({ done: 0, retried: 1, dead: 0 });
      await circuit(`circuit_open_until = clock_timestamp() - interval '1 s'`);
    }
    expect(await deliver()).toMatchObject({ done: 1 });
  });

  test('is one after the tries that it has when others get through', async () => {
    for (let tried = 1; tried < 10; tried += 1) expect(await fail()).toMatchObject({ dead: 0 });
    await circuit('failures_in_a_row = 0'); // as another delivery that was taken leaves it
    expect(await fail()).toMatchObject({ done: 0, dead: 1 });
  });
});

describe('a process that stood still while its claim was taken over', () => {
  test('makes nothing: the record is there once', async () => {
    await crm.create('contacts', { email: 'ann@example.com' });
    const frozen = await claim(0);
    expect(await deliver()).toMatchObject({ done: 1 });
    // It thaws after its successor: by the fence it may not send, whatever its own clock says.
    expect(await deliverClaim({ ...deps(), leaseMs: 60_000 }, portal, frozen)).toMatchObject({ lost: true });
    expect(await notes()).toEqual([{ associated: true }]);
    expect(await ledger()).toEqual([{ state: 'done', ambiguous: 0, known: true }]);
  });
});

describe('a claim', () => {
  test('is kept while its delivery is prepared, however long HubSpot takes to answer', async () => {
    const leaseMs = 900;
    const slow = createPropertyRequests({
      gateway: {
        async request(sent) {
          await delay(2 * leaseMs);
          return request(sent);
        },
      },
      logger,
      group: 'sluice',
    });
    const portalSetUp = createPortalSetUp({
      ...{ properties: createPortalProperties(slow), make: false, prefix: 'sluice_', appEvents: [] },
    });
    const delivered = deliverClaim({ ...deps(), portalSetUp, leaseMs }, portal, await claim(leaseMs));
    await delay(1.5 * leaseMs);
    const other = { ...portal, owner: 'other', max: 10, leaseMs };
    expect(await claimEvents(database.pool, other)).toBeUndefined();
    expect(await delivered).toMatchObject({ done: 1 });
  });
});

describe('a delivery of which nothing gets through', () => {
  const inARow = async () => {
    const { rows } = await database.admin.query<{ n: number }>(
      'SELECT failures_in_a_row AS n FROM outbox_portals WHERE portal_id = $1',
      [portal.portalId],
    );
    return rows[0]!.n;
  };

  test('counts as a failure of the portal; the next one that gets through ends the series', async () => {
    mishaps = [AWAY, LOST].map((answer) => ({ resource: 'readObjects', answer, performed: false }));
    await deliver();
    expect(await inARow()).toBe(1);
    await deliver();
    expect(await inARow()).toBe(2);
    await deliver();
    expect(await inARow()).toBe(0);
  });

  test('does not count when HubSpot has answered: what it refuses says nothing of the portal', async () => {
    const refused = { kind: 'invalid', status: 400, message: 'no', properties: [] } as unknown as Outcome;
    mishaps = [{ resource: 'createObjects', answer: refused, performed: false }];
    expect((await deliver()).dead).toBe(1);
    expect(await inARow()).toBe(0);
  });
});

describe('writes that became one', () => {
  const moved = defineEvent({
    name: 'moved',
    version: 1,
    description: 'Somebody moved.',
    schema: z.object({ email: z.string(), city: z.string() }),
    example: { email: 'ann@example.com', city: 'Bern' },
    orderingKey: ({ email }) => email,
    effects: ({ email, city }) => [
      { kind: 'upsertContact', by: { property: 'email', value: email }, properties: { city } },
    ],
  });

  test('whose answer was lost are one write again: HubSpot sees no older value after a newer one', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com', city: '0' });
    await database.admin.query('DELETE FROM outbox_pending WHERE portal_id = $1', [portal.portalId]);
    const registry = createRegistry([moved]);
    const move = (n: number) =>
      newEvent(portal, n, {
        type: 'moved',
        orderingKey: 'ann@example.com',
        payload: JSON.stringify({ email: 'ann@example.com', city: String(n) }),
      });
    await enqueueEvents(database.pool, [move(1), move(2), move(3)]);
    mishaps = [{ resource: 'updateObjects', answer: LOST, performed: true }];
    expect(await deliverClaim({ ...deps(), registry }, portal, await claim())).toMatchObject({ retried: 3 });
    await enqueueEvents(database.pool, [move(4)]);
    expect(await deliverClaim({ ...deps(), registry }, portal, await claim())).toMatchObject({ done: 3 });
    expect(await deliverClaim({ ...deps(), registry }, portal, await claim())).toMatchObject({ done: 1 });
    const { body } = await crm.get(`/crm/objects/2026-03/contacts/${id}?propertiesWithHistory=city`);
    const values = body.propertiesWithHistory.city.map(({ value }: { value: string }) => value);
    expect(values).toEqual(['4', '3', '0']);
  });
});

describe('a person who may be another one', () => {
  test('waits without a try, with growing pauses; the workspace is told once; it goes on when people have decided', async () => {
    await database.admin.query("INSERT INTO workspaces (id, name) VALUES ($1, 'test')", [portal.workspaceId]);
    const CONFLICT = {
      ...{ kind: 'partial', status: 207, body: { results: [] } },
      errors: [
        {
          category: 'CONFLICT',
          message: 'Contact already exists. Existing ID: 77',
          ids: [],
          existingId: '77',
        },
      ],
    };
    const meant = crm.create('contacts', { email: 'bob@example.com' });
    const refusing = async (sent: GatewayRequest): Promise<Outcome> => {
      if (sent.resource !== 'createObjects') return request(sent);
      const { inputs } = sent.body;
      const ids = inputs.map(({ objectWriteTraceId = '' }) => objectWriteTraceId);
      const existingId = await meant;
      return { ...CONFLICT, errors: [{ ...CONFLICT.errors[0], ids, existingId }] } as unknown as Outcome;
    };
    const waits: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const one = { ...deps(), gateway: { request: refusing } };
      expect(await deliverClaim(one, portal, await claim())).toMatchObject({ retried: 1, dead: 0 });
      const { rows } = await database.admin.query<{ ms: number; attempts: number; error_class: string }>(
        `SELECT extract(epoch FROM due_at - clock_timestamp()) * 1000 AS ms, attempts, error_class
           FROM outbox_pending WHERE portal_id = $1`,
        [portal.portalId],
      );
      expect(rows).toMatchObject([{ attempts: 0, error_class: 'conflict' }]);
      waits.push(Number(rows[0]!.ms));
    }
    expect(waits[8]).toBeGreaterThan(400_000);
    const { rows } = await database.admin.query('SELECT kind, detail FROM notices WHERE portal_id = $1', [
      portal.portalId,
    ]);
    expect(rows).toEqual([
      { kind: 'outbox.waiting', detail: { class: 'conflict', events: 1, eventId: expect.any(String) } },
    ]);
    expect(await deliver()).toMatchObject({ done: 1 });
  });
});

describe('a property that the portal lacks', () => {
  const order = defineEvent({
    name: 'order',
    version: 1,
    description: 'An order.',
    schema: z.object({ email: z.string() }),
    example: { email: 'ann@example.com' },
    orderingKey: () => null,
    effects: ({ email }) => [
      {
        kind: 'upsertContact',
        by: { property: 'email', value: email },
        properties: { sluice_first_order: '2026-11-25T10:00:00Z', sluice_order_code: '0012' },
        counters: { sluice_orders: 1 },
      },
    ],
  });

  const payload = JSON.stringify({ email: 'ann@example.com' });
  const registry = createRegistry([called, order]);
  /** A worker of its own, which makes properties. */
  const worker = () => ({ ...deps(), registry, ...properties({ make: true }) });
  const another = (n: number, event: object = {}) =>
    enqueueEvents(database.pool, [newEvent(portal, n, { type: 'order', payload, ...event })]);
  const ours = async (objectType: string) => {
    const { body } = await crm.get(`/crm/properties/2026-03/${objectType}`);
    return (body.results as { name: string; type: string }[])
      .filter(({ name }) => name.startsWith('sluice_'))
      .map(({ name, type }) => `${name} ${type}`)
      .sort();
  };
  const deadLetter = async () => {
    const { rows } = await database.admin.query<{ class: string; error: string }>(
      `SELECT error_class AS class, last_error AS error FROM outbox_dead WHERE portal_id = $1 ORDER BY id`,
      [portal.portalId],
    );
    return rows;
  };

  test('is made on demand when its name has the prefix, with the type of what is set, once; so is the key of creates', async () => {
    await another(2);
    const one = worker();
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 2, dead: 0 });
    expect(await ours('contacts')).toEqual(
      [
        'sluice_first_order datetime',
        'sluice_order_code string',
        'sluice_orders number',
        `${COUNTER_MARKER} string`,
      ].sort(),
    );
    expect(await ours('notes')).toEqual([`${EFFECT_KEY_PROPERTY} string`]);
    expect(await ours('deals')).toEqual([]);
    await another(3);
    asked.length = 0;
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 1 });
    expect(asked.filter((resource) => /Propert/.test(resource))).toEqual([]);
  });

  test.each(['listProperties', 'createPropertyGroup', 'createProperty'])(
    'lets the events that need it wait when %s fails in passing, and what they must not be overtaken by; others go on',
    async (resource) => {
      await enqueueEvents(database.pool, [
        newEvent(portal, 2, { type: 'order', payload, orderingKey: 'ann' }),
        newEvent(portal, 3, { type: 'called', payload: PAYLOAD, orderingKey: 'ben' }),
      ]);
      const one = worker();
      // The notes of the first and the last event need a key of creates: it is there.
      await one.properties.ensure(portal, 'notes', [EFFECT_KEY], { make: true });
      mishaps = [{ resource, answer: AWAY, performed: false }];
      expect(await deliverClaim(one, portal, await claim())).toMatchObject({
        ...{ done: 1, retried: 1, dead: 0, untouched: 1 },
      });
      expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 2, dead: 0 });
      expect(await deadLetter()).toEqual([]);
    },
  );

  test("that HubSpot refuses to make stands in the dead letter with HubSpot's reason; others go on", async () => {
    await another(2);
    const refusal = {
      ...{ kind: 'invalid', status: 400, category: 'VALIDATION_ERROR', properties: [] },
      message: 'This account has reached its limit of 1000 properties',
    } as unknown as Outcome;
    const one = worker();
    await one.properties.ensure(portal, 'notes', [EFFECT_KEY], { make: true });
    mishaps = Array.from({ length: 9 }, () => ({
      ...{ resource: 'createProperty', answer: refusal, performed: false },
    }));
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 1, dead: 1 });
    const [letter] = await deadLetter();
    expect(letter).toMatchObject({ class: 'permanent' });
    expect(letter!.error).toMatch(/sluice_\w+ of contacts could not be made.*limit of 1000 properties/);
  });

  test('that somebody has archived meanwhile is made anew for the next event', async () => {
    await another(2);
    const one = worker();
    await deliverClaim(one, portal, await claim());
    await crm.call('DELETE', '/crm/properties/2026-03/contacts/sluice_order_code');
    await another(3);
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ dead: 1 });
    expect((await deadLetter())[0]!.error).toContain('sluice_order_code');
    await another(4);
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 1, dead: 0 });
    expect(await ours('contacts')).toContain('sluice_order_code string');
  });
});

describe('an event of the app', () => {
  const clicked = defineEvent({
    name: 'clicked',
    version: 1,
    description: 'A click.',
    schema: z.object({ email: z.string() }),
    example: { email: 'ann@example.com' },
    orderingKey: () => null,
    effects: ({ email }, { occurredAt }) => [
      { kind: 'upsertContact', by: { property: 'email', value: email }, properties: {} },
      {
        ...{ kind: 'appEvent', eventTypeName: 'ae1_clicked', on: { effect: 0 }, properties: {} },
        ...{ timestamp: occurredAt, fallback: 'note' },
      },
    ],
  });

  test.each([
    { appEvents: ['ae1_clicked'], sent: 'createTimelineEvents', not: 'createObjects notes' },
    { appEvents: [], sent: 'createObjects notes', not: 'createTimelineEvents' },
  ])('goes to the timeline where the app has it, else its fallback is made: $sent', async (the) => {
    await enqueueEvents(database.pool, [
      newEvent(portal, 2, { type: 'clicked', payload: JSON.stringify({ email: 'ann@example.com' }) }),
    ]);
    const { appEvents } = the;
    const config = { ...deps().config, HUBSPOT_APP_EVENTS: appEvents };
    const registry = createRegistry([called, clicked]);
    const one = { ...deps(), registry, config, ...properties({ make: false, appEvents }) };
    await database.admin.query(`DELETE FROM outbox_pending WHERE portal_id = $1 AND type = 'called'`, [
      portal.portalId,
    ]);
    expect(await deliverClaim(one, portal, await claim())).toMatchObject({ done: 1 });
    expect(asked).toContain(the.sent);
    expect(asked).not.toContain(the.not);
  });
});

describe('what is not sent', () => {
  const payload = JSON.stringify({ email: 'ben@example.com', words: 'Call +353 86 123 4567' });
  const history = async () => {
    const { rows } = await database.admin.query<{ type: string; mode: string }>(
      'SELECT type, mode FROM outbox_history WHERE portal_id = $1 ORDER BY id',
      [portal.portalId],
    );
    return rows.map(({ type, mode }) => `${type} ${mode}`);
  };
  /** A deliverer whose requests and log lines are noted. */
  function noted(change: Partial<DeliveryDependencies>) {
    const bodies: string[] = [];
    const lines: string[] = [];
    const whole = deps();
    const watched: DeliveryDependencies = {
      ...whole,
      gateway: {
        ...whole.gateway,
        request(sent) {
          bodies.push(`${sent.resource} ${JSON.stringify('body' in sent ? sent.body : null)}`);
          return request(sent);
        },
      },
      logger: { ...logger, info: (line: string) => void lines.push(line) } as unknown as typeof logger,
      ...change,
    };
    return { watched, bodies, lines };
  }

  test('in a dry run: nothing at all is asked of HubSpot, the log has each request with personal data masked', async () => {
    await enqueueEvents(database.pool, [newEvent(portal, 2, { type: 'called', payload })]);
    const config = { ...deps().config, HUBSPOT_SEND_LIVE: false };
    const { watched, lines } = noted({ config });
    expect(await deliverClaim(watched, portal, await claim())).toMatchObject({ done: 2 });
    expect(asked).toEqual([]);
    expect(lines.filter((line) => line.startsWith('[DRY-RUN] POST /crm/'))).toHaveLength(lines.length);
    expect(lines.join()).toContain('/notes/batch/upsert');
    expect(lines.join()).not.toMatch(/ben@example|ann@example|123 4567/);
    expect(await history()).toEqual(['called dry', 'called dry']);
  });

  test('of a type in the shadow, while others of the same claim are sent', async () => {
    const whispered = { ...called, name: 'whispered' };
    await enqueueEvents(database.pool, [newEvent(portal, 2, { type: 'whispered', payload })]);
    const settings = { ...NO_SETTINGS, isShadow: (type: string) => type === 'whispered' };
    const { watched, bodies, lines } = noted({
      registry: createRegistry([called, whispered]),
      settings: { of: () => Promise.resolve(settings) },
    });
    expect(await deliverClaim(watched, portal, await claim())).toMatchObject({ done: 2 });
    expect(bodies.join()).toContain('ann@example.com');
    expect(bodies.join()).not.toContain('ben@example.com');
    expect(lines.filter((line) => line.startsWith('[DRY-RUN]')).length).toBeGreaterThan(0);
    expect(await history()).toEqual(['called live', 'whispered shadow']);
    // With nothing but such events, the portal is not even set up.
    await enqueueEvents(database.pool, [newEvent(portal, 3, { type: 'whispered', payload })]);
    asked.length = 0;
    const eager = { ...watched, ...properties({ make: true }) };
    expect(await deliverClaim(eager, portal, await claim())).toMatchObject({ done: 1 });
    expect(asked).toEqual([]);
  });
});
