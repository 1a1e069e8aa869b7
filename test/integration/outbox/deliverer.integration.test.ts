import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deliverClaim, type DelivererDependencies } from '../../../src/activities/outbox/deliverer.js';
import { createPortalProperties } from '../../../src/activities/outbox/properties.js';
import { claimEvents, type OutboxClaim } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { COUNTER_MARKER } from '../../../src/domain/outbox/operations.js';
import type { DoorRequest } from '../../../src/hubspot/door.js';
import { classifyResponse, type Outcome } from '../../../src/hubspot/outcomes.js';
import { pathOf } from '../../../src/hubspot/paths.js';
import { createLogger } from '../../../src/logger.js';
import { createMetrics } from '../../../src/metrics.js';
import { defineEvent } from '../../../src/outbox/registry/eventType.js';
import { createRegistry } from '../../../src/outbox/registry/registry.js';
import { NO_SETTINGS } from '../../../src/outbox/workspaceSettings.js';
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

/** A contact and a note on it, in a portal that has no unique property of ours: the note is a create that HubSpot cannot deduplicate. */
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

let database: TestDatabase;
let crm: CrmHarness;
let portal: { workspaceId: string; portalId: number };
let portalId = 9000;
/** What HubSpot does with a request of this resource, once; it is performed unless `before` says otherwise. */
let mishaps: { resource: string; answer: Outcome | Error; performed: boolean }[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  crm = await startCrm();
  portal = { workspaceId: randomUUID(), portalId: (portalId += 1) };
  mishaps = [];
  const payload = JSON.stringify({ email: 'ann@example.com', words: 'Called back' });
  await enqueueEvents(database.pool, [newEvent(portal, 1, { type: 'called', payload, orderingKey: 'ann' })]);
});
afterEach(() => crm.close());

async function request(wish: DoorRequest): Promise<Outcome> {
  const at = mishaps.findIndex(({ resource }) => resource === wish.resource);
  const [mishap] = at < 0 ? [] : mishaps.splice(at, 1);
  if (mishap && !mishap.performed) return fail(mishap.answer);
  const { method, path } = pathOf(wish.resource, VERSIONS, wish.params ?? {});
  const { status, body } = await crm.call(method, path, 'body' in wish ? wish.body : undefined);
  if (mishap) return fail(mishap.answer);
  const text = body === undefined ? '' : JSON.stringify(body);
  return classifyResponse(status, {}, text, { nowMs: 0, timeZone: 'UTC' });
}

function fail(answer: Outcome | Error): Outcome {
  if (answer instanceof Error) throw answer;
  return answer;
}

const deps = (): DelivererDependencies => ({
  pool: database.pool,
  door: {
    request,
    acquire: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
  },
  registry: createRegistry([called]),
  versions: VERSIONS,
  config: {
    HUBSPOT_SEND_LIVE: true,
    OUTBOX_BATCH_SIZE: 100,
    OUTBOX_MAX_ATTEMPTS: 10,
    OUTBOX_CIRCUIT_FAILURES: 10,
    OUTBOX_CIRCUIT_COOL_DOWN_MS: 60_000,
    OUTBOX_CREATE_PROPERTIES: true,
    OUTBOX_PROPERTY_PREFIX: 'sluice_',
  },
  metrics: createMetrics('test').outbox,
  properties: createPortalProperties({
    door: { request, acquire: () => Promise.reject(new Error('not here')), close: () => Promise.resolve() },
    ...{ logger, group: 'sluice' },
  }),
  settings: { of: () => Promise.resolve(NO_SETTINGS) },
  options: {},
  traitsOf: () =>
    Promise.resolve({
      portalId: String(portal.portalId),
      effectKeyProperties: {},
      appEvents: new Set(),
      counterMarker: COUNTER_MARKER,
    }),
  pace: () => Promise.resolve(),
  logger,
  leaseMs: 10_000,
});

async function claim(leaseMs = 10_000): Promise<OutboxClaim> {
  await database.admin.query(
    'UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1 AND state = 1',
    [portal.portalId],
  );
  const taken = await claimEvents(database.pool, { ...portal, owner: 'test', most: 10, leaseMs });
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

  test('is made on demand when its name has the prefix, with the type of what is set, once', async () => {
    const payload = JSON.stringify({ email: 'ann@example.com' });
    await enqueueEvents(database.pool, [newEvent(portal, 2, { type: 'order', payload })]);
    const asked: string[] = [];
    const watched = { ...deps(), registry: createRegistry([called, order]) };
    const { door } = watched;
    const noting = {
      ...door,
      request: (wish: DoorRequest) => {
        asked.push(wish.resource);
        return request(wish);
      },
    };
    const withDoor = {
      ...watched,
      door: noting,
      properties: createPortalProperties({ door: noting, logger, group: 'sluice' }),
    };
    const marker = { name: COUNTER_MARKER, label: 'Counted', type: 'string' } as const;
    await withDoor.properties.ensure(portal.portalId, 'contacts', [marker]); // as the set-up of a portal does
    expect(await deliverClaim(withDoor, portal, await claim())).toMatchObject({ done: 2, dead: 0 });
    expect(asked.filter((one) => one === 'createProperty')).toHaveLength(4);
    const { body } = await crm.get('/crm/properties/2026-03/contacts');
    const types = (body.results as { name: string; type: string }[])
      .filter(({ name }) => name.startsWith('sluice_'))
      .map(({ name, type }) => `${name} ${type}`);
    expect(types.sort()).toEqual(
      [
        'sluice_first_order datetime',
        'sluice_order_code string',
        'sluice_orders number',
        `${COUNTER_MARKER} string`,
      ].sort(),
    );
    await enqueueEvents(database.pool, [newEvent(portal, 3, { type: 'order', payload })]);
    asked.length = 0;
    expect(await deliverClaim(withDoor, portal, await claim())).toMatchObject({ done: 1 });
    expect(asked.filter((one) => /Propert/.test(one))).toEqual([]);
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
  function noted(change: Partial<DelivererDependencies>) {
    const asked: string[] = [];
    const lines: string[] = [];
    const whole = deps();
    const watched: DelivererDependencies = {
      ...whole,
      door: {
        ...whole.door,
        request(wish) {
          asked.push(`${wish.resource} ${JSON.stringify('body' in wish ? wish.body : null)}`);
          return request(wish);
        },
      },
      logger: { ...logger, info: (line: string) => void lines.push(line) } as unknown as typeof logger,
      ...change,
    };
    return { watched, asked, lines };
  }

  test('in a dry run: nothing at all is asked of HubSpot, the log has each request with personal data masked', async () => {
    await enqueueEvents(database.pool, [newEvent(portal, 2, { type: 'called', payload })]);
    const config = { ...deps().config, HUBSPOT_SEND_LIVE: false };
    const { watched, asked, lines } = noted({ config });
    expect(await deliverClaim(watched, portal, await claim())).toMatchObject({ done: 2 });
    expect(asked).toEqual([]);
    expect(lines.filter((line) => line.startsWith('[DRY-RUN] POST /crm/'))).toHaveLength(lines.length);
    expect(lines.join()).toContain('/notes/batch/create');
    expect(lines.join()).not.toMatch(/ben@example|ann@example|123 4567/);
    expect(await history()).toEqual(['called dry', 'called dry']);
  });

  test('of a type in the shadow, while others of the same claim are sent', async () => {
    const whispered = { ...called, name: 'whispered' };
    await enqueueEvents(database.pool, [newEvent(portal, 2, { type: 'whispered', payload })]);
    const settings = { ...NO_SETTINGS, isShadow: (type: string) => type === 'whispered' };
    const { watched, asked, lines } = noted({
      registry: createRegistry([called, whispered]),
      settings: { of: () => Promise.resolve(settings) },
    });
    expect(await deliverClaim(watched, portal, await claim())).toMatchObject({ done: 2 });
    expect(asked.join()).toContain('ann@example.com');
    expect(asked.join()).not.toContain('ben@example.com');
    expect(lines.filter((line) => line.startsWith('[DRY-RUN]')).length).toBeGreaterThan(0);
    expect(await history()).toEqual(['called live', 'whispered shadow']);
  });
});
