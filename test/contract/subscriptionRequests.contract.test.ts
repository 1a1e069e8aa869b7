import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { subscriptionsWanted } from '../../src/domain/webhooks/subscriptionPlan.js';
import { webhookProject } from '../../src/domain/webhooks/webhookProject.js';
import {
  subscriptionCall,
  type SubscriptionRequest,
  type SubscriptionRequestKind,
} from '../../src/hubspot/wire/subscriptionRequests.js';
import { SUBSCRIBED_EVENTS } from '../../sandbox/webhooks/appSubscriptions.js';
import { startCrm, type CrmHarness } from '../integration/sandbox/crmHarness.js';
import { describedOperations, readDescriptions } from '../support/openapi.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

/*
 * Every request of the webhooks API, and what the sandbox answers, against HubSpot's own description. It describes the
 * scopes of a token and not the developer key, which the guide and the description of 2027-03 have (docs/hubspot.md).
 */

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const APP = 77;
const settings = { targetUrl: 'https://sluice.example.com/hooks', maxConcurrentRequests: 10 };
const { file } = webhookProject(settings, [
  { objectType: 'contacts', properties: ['email'] },
  { objectType: '2-7', properties: ['weight'] },
]);
const SAMPLES: { [Kind in SubscriptionRequestKind]: readonly SubscriptionRequest[] } = {
  settings: [{ kind: 'settings' }],
  configure: [
    { kind: 'configure', body: { targetUrl: settings.targetUrl, throttling: { maxConcurrentRequests: 10 } } },
  ],
  list: [{ kind: 'list' }],
  create: subscriptionsWanted(file).subscriptions.map(({ eventType, objectTypeId, propertyName }) => ({
    kind: 'create',
    body: {
      ...{ eventType, active: true },
      ...(objectTypeId !== undefined && { objectTypeId }),
      ...(propertyName !== undefined && { propertyName }),
    },
  })),
  switch: [{ kind: 'switch', body: { inputs: [{ id: 7, active: false }] } }],
};

it('has the paths of each version', () => {
  const paths = (['v4', '2026-03', '2026-09'] as const).map(
    (version) =>
      subscriptionCall({ kind: 'list' }, APP, { HUBSPOT_API_VERSION: version, HUBSPOT_API_VERSIONS: {} })
        .path,
  );
  expect(paths).toEqual([
    '/webhooks/v3/77/subscriptions',
    '/webhooks/2026-03/77/subscriptions',
    '/app-webhooks/2026-09/77/subscriptions',
  ]);
});

describeAgainstHubSpot("the webhooks API is as HubSpot's description has it", (hubspot) => {
  let crm: CrmHarness;
  const asked = new Set<string>();
  beforeAll(async () => {
    crm = await startCrm();
  });
  afterAll(() => crm.close());

  it.each(Object.keys(SAMPLES) as SubscriptionRequestKind[])('in the request %s', (kind) => {
    expect(SAMPLES[kind].length).toBeGreaterThan(0);
    for (const sample of SAMPLES[kind]) {
      const { method, path, body } = subscriptionCall(sample, APP, VERSIONS);
      expect(hubspot.request({ method, url: path, contentType: 'application/json', body })).toEqual([]);
    }
  });

  async function call(method: string, part: string, status: number, body?: unknown) {
    const url = `/webhooks/2026-03/${APP}${part}`;
    const answer = await crm.ask(method, `${url}?hapikey=sandbox-developer-key`, body);
    const request = { method, url, contentType: 'application/json', body };
    const given = {
      ...{ status: answer.status, body: answer.body },
      contentType: answer.headers.get('content-type') ?? undefined,
    };
    const problems = [...(status < 400 ? hubspot.request(request) : []), ...hubspot.answer(request, given)];
    expect([method, part, answer.status, problems]).toEqual([method, part, status, []]);
    asked.add(hubspot.operation(request).replace(/\{\w+\}/g, '{}'));
    return answer.body;
  }

  it("in each of the sandbox's answers", async () => {
    await call('GET', '/settings', 404);
    const target = { targetUrl: settings.targetUrl, throttling: { maxConcurrentRequests: 10 } };
    await call('PUT', '/settings', 200, target);
    await call('GET', '/settings', 200);
    const made = await call('POST', '/subscriptions', 201, { eventType: 'deal.creation', active: true });
    await call('POST', '/subscriptions', 409, { eventType: 'deal.creation', active: true });
    await call('POST', '/subscriptions', 400, { eventType: 'contact.arrival', active: true });
    await call('GET', '/subscriptions', 200);
    await call('GET', `/subscriptions/${made.id}`, 200);
    await call('PATCH', `/subscriptions/${made.id}`, 200, { active: false });
    const inputs = [{ id: Number(made.id), active: true }];
    await call('POST', '/subscriptions/batch/update', 200, { inputs });
    await call('POST', '/subscriptions/batch/update', 207, { inputs: [...inputs, { id: 5, active: true }] });
    await call('DELETE', `/subscriptions/${made.id}`, 204);
    await call('DELETE', '/settings', 204);
    const described = describedOperations(['webhooks']).filter((one) => one.includes(' /webhooks/'));
    expect([...asked].sort()).toEqual(
      [...new Set(described.map((one) => one.replace(/\{\w+\}/g, '{}')))].sort(),
    );
  });

  it('in the events that may be subscribed to', () => {
    const create = readDescriptions()('POST', `/webhooks/2026-03/${APP}/subscriptions`);
    const described = create?.schemas['SubscriptionCreateRequest'] as
      { properties: { eventType: { enum: string[] } } } | undefined;
    expect([...SUBSCRIBED_EVENTS].sort()).toEqual([...(described?.properties.eventType.enum ?? [])].sort());
  });
});
