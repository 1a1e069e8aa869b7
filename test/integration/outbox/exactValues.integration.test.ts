import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimEvents } from '../../../src/db/outbox/claims.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { interpret } from '../../../src/services/outbox/interpret.js';
import { createWorkspaceSettingsCache } from '../../../src/services/outbox/workspaceSettings.js';
import { dispatcherOf, insertRow } from '../../support/inbox.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_300_001;
const LONG = ['750727362669608961', '9007199254740993', '12345678901234.567891', '-98765432109876543210.5'];
const mapping = `{"orderingKey": "/id", "effects": [
  {"kind": "upsertContact", "by": {"property": "driver_no", "value": "/id"},
   "properties": {"plain": "/id", "number": {"path": "/id", "as": "number"}, "words": {"template": "no. {/id}"},
                  "list": "/ids", "fixed": {"const": 750727362669608961}}},
  {"kind": "note", "when": {"path": "/kind", "equals": 9007199254740993}, "on": {"effect": 0}, "body": "/id", "timestamp": "/at"}]}`;
/** The same event, whichever way it comes. */
const dataOf = (id: string) =>
  `{"id": ${id}, "ids": [${id}, 1], "at": 1705276800000, "kind": 9007199254740993}`;
const payloadOf = (id: string) => `{"name": "counted", "data": ${dataOf(id)}}`;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['pending', 'dead', 'keys', 'claims', 'mappings', 'inbox'])
    await harness.database.admin.query(`DELETE FROM outbox_${table}`);
  expect((await send('PUT', '/api/outbox/mappings/counted', mapping)).status).toBe(200);
});

/** Sends and reads bodies as text: JSON.parse would round what is looked for. */
async function send(method: string, path: string, body?: string, type = 'application/json') {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: {
      authorization: harness.authorization,
      ...(body !== undefined && { 'content-type': type }),
    },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** What a delivery makes of the one event that waits. */
async function delivered() {
  const claim = await claimEvents(harness.database.pool, {
    ...{ workspaceId: WORKSPACE, portalId: PORTAL, owner: 'test', max: 1, leaseMs: 60_000 },
  });
  const [event] = claim?.events ?? [];
  if (!event) throw new Error('Nothing waits');
  const settings = await createWorkspaceSettingsCache(harness.database.pool).of(WORKSPACE);
  const context = {
    ...{ eventId: event.eventId, portalId: String(PORTAL) },
    occurredAt: event.capturedAt.toISOString(),
  };
  const made = interpret(event, context, createRegistry(SHIPPED), settings);
  return { id: event.eventId, orderingKey: event.orderingKey, effects: made.ok ? made.effects : made.reason };
}

const effectsOf = (id: string) => [
  {
    kind: 'upsertContact',
    by: { property: 'driver_no', value: id },
    properties: {
      ...{ plain: id, number: id, words: `no. ${id}`, list: `${id};1`, fixed: '750727362669608961' },
    },
  },
  { kind: 'note', on: { effect: 0 }, body: id, timestamp: '2024-01-15T00:00:00.000Z' },
];

describe.each(LONG)('a number such as %s', (id) => {
  const captures: readonly [string, () => Promise<void>][] = [
    [
      'by SQL',
      async () => {
        const payload = `'${payloadOf(id)}'`;
        await insertRow(harness.database.admin, { type: `'generic'`, portal_id: String(PORTAL), payload });
        expect(await dispatcherOf(harness.database).dispatch()).toBe(1);
      },
    ],
    [
      'over HTTP',
      async () => {
        const event = `{"type": "generic", "portalId": ${PORTAL}, "payload": ${payloadOf(id)}}`;
        expect((await send('POST', '/api/events', event)).status).toBe(202);
      },
    ],
    [
      'in a stream',
      async () => {
        const line = `{"type": "generic", "portalId": ${PORTAL}, "payload": ${payloadOf(id)}}\n`;
        expect((await send('POST', '/api/events', line, 'application/x-ndjson')).text).toContain(
          '"captured":1',
        );
      },
    ],
  ];

  it.each(captures)(
    'that is captured %s arrives with its digits, and so does its ordering key',
    async (_, capture) => {
      await capture();
      const arrived = await delivered();
      expect(arrived).toMatchObject({ orderingKey: id, effects: effectsOf(id) });
      const shown = await send('GET', `/api/events/${arrived.id}`);
      expect(shown.text).toContain(`"id":${id},"ids":[${id},1]`);
    },
  );

  it('is shown by a preview as it is delivered', async () => {
    const preview = await send('POST', '/api/outbox/mappings/counted/preview', `{"data": ${dataOf(id)}}`);
    expect(JSON.parse(preview.text)).toMatchObject({ ok: true, orderingKey: id, effects: effectsOf(id) });
  });
});

it('two drivers whose ids differ in their last digit have two ordering keys', async () => {
  for (const id of ['750727362669608961', '750727362669608962'])
    await send(
      'POST',
      '/api/events',
      `{"type": "generic", "portalId": ${PORTAL}, "payload": ${payloadOf(id)}}`,
    );
  const keys = await harness.database.admin.query('SELECT DISTINCT ordering_key FROM outbox_pending');
  expect(keys.rowCount).toBe(2);
});

it('a mapping is stored and shown with the digits of its constants', async () => {
  expect((await send('GET', '/api/outbox/mappings/counted')).text).toContain('{"const":750727362669608961}');
  const again = await send('PUT', '/api/outbox/mappings/counted', mapping);
  expect(JSON.parse(again.text)).toMatchObject({ version: 1 });
});

it('a number of so many digits where a type takes text is refused in words', async () => {
  const { text } = await send(
    'POST',
    '/api/events',
    `{"type": "nova_earned", "portalId": ${PORTAL}, "payload": {"driverId": 750727362669608961, "email": "d@example.com", "amount": 1}}`,
  );
  expect(text).toContain('driverId: a number of so many digits is taken as text only: send it in quotes');
});
