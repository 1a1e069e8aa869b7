import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  planSubscriptions,
  subscriptionsWanted,
  type SubscriptionsWanted,
} from '../../../src/domain/webhooks/subscriptionPlan.js';
import { webhookProject } from '../../../src/domain/webhooks/webhookProject.js';
import { createSubscriptionsClient } from '../../../src/hubspot/subscriptions/subscriptionsClient.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
import { Secret } from '../../../src/platform/secret.js';
import { applySubscriptions, readSubscriptions } from '../../../src/services/webhooks/applySubscriptions.js';
import { until } from '../../support/until.js';
import { startWebhooks, type WebhookHarness } from '../sandbox/webhookHarness.js';

const APP = 77;
const KEY = 'sandbox-developer-key';
const SUBSCRIPTIONS = `/webhooks/2026-03/${APP}/subscriptions`;
let hubspot: WebhookHarness;
let transport: Transport;
let wanted: SubscriptionsWanted;
beforeAll(async () => {
  hubspot = await startWebhooks();
  transport = createTransport(hubspot.url);
  const settings = { targetUrl: hubspot.targetUrl, maxConcurrentRequests: 10 };
  wanted = subscriptionsWanted(
    webhookProject(settings, [{ objectType: 'contacts', properties: ['email', 'city'] }]).file,
  );
});
afterAll(async () => {
  await transport.close();
  await hubspot.close();
});
const ask = (method: string, part: string, body?: unknown, key = KEY) =>
  hubspot.ask(method, `${SUBSCRIPTIONS}${part}?hapikey=${key}`, body);
beforeEach(async () => {
  for (const { id } of (await ask('GET', '')).body.results) await ask('DELETE', `/${id}`);
  await hubspot.settings({ webhookSubscriptions: 1000 });
});

const clientWith = (key: string) =>
  createSubscriptionsClient({
    transport,
    key: new Secret(key),
    config: { HUBSPOT_APP_ID: APP, HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} },
  });
/** `meanwhile`: between what is read first, and what is changed. */
async function apply(only = false, meanwhile: () => Promise<unknown> = async () => {}) {
  const client = clientWith(KEY);
  const waits: string[] = [];
  const there = await readSubscriptions(client);
  await meanwhile();
  const done = await applySubscriptions(client, wanted, {
    ...{ plan: planSubscriptions(wanted, there), only },
    onWait: (why) => waits.push(why),
    wait: async () => {},
  });
  return { ...done, waits, there: await readSubscriptions(client) };
}
const fault = (plan: Record<string, unknown>) =>
  hubspot.control('POST', '/faults', { target: 'subscriptions', ...plan });

describe('subscriptions of a legacy public app', () => {
  it('are made, and HubSpot tells of what they are to and of nothing else', async () => {
    const { left, refused, there } = await apply();
    expect({ left, refused }).toEqual({
      left: { configure: undefined, create: [], activate: [], pause: [] },
      refused: [],
    });
    expect(there.subscriptions).toHaveLength(wanted.subscriptions.length);
    await hubspot.create('contacts', { email: 'ada@example.com', firstname: 'Ada' });
    await hubspot.create('companies', { name: 'Company' });
    await hubspot.create('contacts', { city: 'Bern' });
    const told = () =>
      hubspot
        .events()
        .map(({ subscriptionType, propertyName = '' }) => `${subscriptionType} ${propertyName as string}`);
    await until('the last is told', () => told().includes('contact.propertyChange city'), 5000);
    expect(new Set(told())).toEqual(
      new Set(['contact.creation ', 'contact.propertyChange email', 'contact.propertyChange city']),
    );
  });

  it('are no others the second time; one that was switched off is switched on, and what others want stays', async () => {
    const { there } = await apply();
    await ask('PATCH', `/${there.subscriptions[0]!.id}`, { active: false });
    await ask('POST', '', { eventType: 'deal.creation', active: true });
    const again = await apply();
    expect(again.left.pause.map(({ eventType }) => eventType)).toEqual(['deal.creation']);
    expect(again.there.subscriptions.filter(({ active }) => active)).toHaveLength(
      wanted.subscriptions.length + 1,
    );
    const only = await apply(true);
    expect(only.left.pause).toEqual([]);
    expect(
      only.there.subscriptions.filter(({ active }) => !active).map(({ eventType }) => eventType),
    ).toEqual(['deal.creation']);
  });

  it('are made once each where answers are lost and HubSpot is away, and it is said', async () => {
    const { left, refused, waits, there } = await apply(false, async () => {
      await fault({ kind: 'answerLost', count: 2, path: '/subscriptions' });
      await fault({ kind: 'status', status: 503, count: 2, path: '/subscriptions' });
    });
    expect({ create: left.create, refused }).toEqual({ create: [], refused: [] });
    expect(there.subscriptions).toHaveLength(wanted.subscriptions.length);
    expect(waits.length).toBeGreaterThan(0);
  });

  it('beyond what HubSpot takes are said, and the others are there', async () => {
    await hubspot.settings({ webhookSubscriptions: wanted.subscriptions.length - 1 });
    const { left, refused } = await apply();
    expect(left.create).toHaveLength(1);
    expect(refused).toEqual([
      { to: left.create[0], why: "HubSpot's webhooks API: invalid (400), VALIDATION_ERROR" },
    ]);
  });

  it('are not touched with a wrong key, and no error has the key', async () => {
    const wrong = 'a-wrong-key';
    expect((await ask('GET', '', undefined, wrong)).status).toBe(401);
    const failure = await readSubscriptions(clientWith(wrong)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: "HubSpot's webhooks API: unauthorized (401), INVALID_AUTHENTICATION",
    });
    const nobody = createTransport('http://127.0.0.1:9');
    const away = createSubscriptionsClient({
      ...{ transport: nobody, key: new Secret(KEY) },
      config: { HUBSPOT_APP_ID: APP, HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} },
    });
    const why = await readSubscriptions(away, { wait: async () => {} }).catch((error: unknown) => error);
    expect(JSON.stringify([failure, why, String(failure), String(why)])).not.toMatch(
      /a-wrong-key|developer-key/,
    );
    expect(String(why)).toContain('unavailable');
    await nobody.close();
  });
});

describe("the sandbox's webhooks API", () => {
  it.each([
    [{ eventType: 'contact.arrival', active: true }, 'eventType'],
    [{ eventType: 'contact.propertyChange', active: true }, 'propertyName'],
    [{ eventType: 'contact.creation', propertyName: 'email', active: true }, 'propertyName'],
    [{ eventType: 'object.creation', active: true }, 'objectTypeId'],
    [{ eventType: 'contact.creation' }, 'boolean'],
  ])('refuses %j', async (body, why) => {
    const answer = await ask('POST', '', body);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining(why)]);
  });

  it('refuses another app, a target without https and five calls at a time', async () => {
    const at = (app: number, body: unknown) =>
      hubspot.ask('PUT', `/webhooks/v3/${app}/settings?hapikey=${KEY}`, body);
    const targetUrl = 'https://sluice.example.com';
    const throttling = { maxConcurrentRequests: 10 };
    expect((await at(78, { targetUrl, throttling })).status).toBe(404);
    expect((await at(APP, { targetUrl: 'http://sluice.example.com', throttling })).status).toBe(400);
    expect((await at(APP, { targetUrl, throttling: { maxConcurrentRequests: 5 } })).status).toBe(400);
  });
});
