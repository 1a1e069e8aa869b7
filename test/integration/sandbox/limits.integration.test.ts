import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startHarness, type Harness } from './harness.js';

const PATH = '/automation/actions/callbacks/2026-03/complete';
const EMPTY = { inputs: [] };

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe('the limit of 110 calls in 10 seconds', () => {
  it("lets 110 pass and answers the next in HubSpot's words", async () => {
    const portal = await harness.portal();
    for (let i = 1; i <= 110; i += 1) {
      const { status, headers } = await portal.post(PATH, EMPTY);
      expect(status).toBe(204);
      expect(headers.get('x-hubspot-ratelimit-max')).toBe('110');
      expect(headers.get('x-hubspot-ratelimit-remaining')).toBe(String(110 - i));
      expect(headers.get('x-hubspot-ratelimit-interval-milliseconds')).toBe('10000');
      expect(headers.get('x-hubspot-ratelimit-daily')).toBeNull();
    }
    const refused = await portal.post(PATH, EMPTY);
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({
      status: 'error',
      message: 'You have reached your ten_secondly_rolling limit.',
      errorType: 'RATE_LIMIT',
      correlationId: refused.headers.get('x-hubspot-correlation-id'),
      policyName: 'TEN_SECONDLY_ROLLING',
      groupName: expect.stringContaining(`:77:${portal.portalId}`),
    });
    expect(refused.headers.get('retry-after')).toBeNull();
    const { portals } = await harness.report();
    expect(portals[0]).toMatchObject({
      calls: 111,
      callsByStatus: { 204: 110, 429: 1 },
      rejected429: 1,
      maxCallsIn10s: 111,
    });
  });

  it("is a portal's own, and counts every path that takes its token", async () => {
    await harness.control('PATCH', '/settings', { tenSecondlyLimit: 2 });
    const [one, two] = [await harness.portal({ portalId: 1 }), await harness.portal({ portalId: 2 })];
    await one.post('/crm/objects/2026-03/contacts/nothing', {});
    await one.post(PATH, EMPTY);
    expect((await one.post(PATH, EMPTY)).status).toBe(429);
    expect((await two.post(PATH, EMPTY)).status).toBe(204);
  });

  it('is used up by another client, whose calls are recorded as such', async () => {
    await harness.control('PATCH', '/settings', { tenSecondlyLimit: 10 });
    const portal = await harness.portal();
    const started = await harness.control('POST', `/portals/${portal.portalId}/foreign`, {
      ratePerSecond: 200,
      seconds: 0.1,
    });
    expect(started.status).toBe(202);
    await eventually(async () => (await harness.report()).portals[0].foreignCalls === 20);
    expect((await portal.post(PATH, EMPTY)).status).toBe(429);
    const { portals } = await harness.report();
    expect(portals[0]).toMatchObject({ calls: 1, rejected429: 1, foreign429: 10, maxCallsIn10s: 1 });
    const { items } = (await harness.control('GET', '/requests')).body;
    expect(items.filter((item: { foreign: boolean }) => item.foreign)).toHaveLength(20);
  });
});

describe('a request without a valid token', () => {
  it("that has none is 401 in HubSpot's words", async () => {
    const answer = await harness.ask('POST', PATH, EMPTY);
    expect(answer.status).toBe(401);
    expect(answer.body.message).toMatch(
      /^Authentication credentials not found\. This API supports OAuth 2\.0/,
    );
    expect(answer.body).toMatchObject({ status: 'error', category: 'INVALID_AUTHENTICATION' });
    expect(answer.headers.get('x-hubspot-auth-failure')).toBe('401 Unauthorized');
    expect(answer.headers.get('x-hubspot-correlation-id')).toBe(answer.body.correlationId);
  });

  it('whose token is unknown is 401', async () => {
    const answer = await harness.ask('POST', PATH, EMPTY, { authorization: 'Bearer nobody' });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ category: 'INVALID_AUTHENTICATION' });
  });

  it('whose token is expired learns when that was, and spends nothing of the limit', async () => {
    const portal = await harness.portal({ lifetimeSeconds: 0.05 });
    await eventually(async () => (await portal.post(PATH, EMPTY)).status === 401);
    const answer = await portal.post(PATH, EMPTY);
    expect(answer.body).toMatchObject({
      category: 'EXPIRED_AUTHENTICATION',
      message: 'The OAuth token used to make this call expired 0 second(s) ago.',
    });
    const [expiredAt] = answer.body.context['expire time'];
    expect(Math.abs(Date.parse(expiredAt) - Date.now())).toBeLessThan(5_000);
    expect(answer.headers.get('x-hubspot-ratelimit-max')).toBeNull();
  });

  it("and a private app's token does not expire", async () => {
    await harness.control('POST', '/portals', { portalId: 9 });
    const { body } = await harness.control('POST', '/portals/9/install', { lifetimeSeconds: null });
    expect(body).toMatchObject({ portalId: 9, expiresIn: null, accessToken: expect.stringMatching(/^pat-/) });
    const bearer = { authorization: `Bearer ${body.accessToken}` };
    expect((await harness.ask('POST', PATH, EMPTY, bearer)).status).toBe(204);
  });
});

it('answers a path that HubSpot does not have with 404, and a wrong method with 405', async () => {
  const portal = await harness.portal();
  expect((await portal.post('/automation/actions/callbacks/2025-03/complete', EMPTY)).status).toBe(404);
  const bearer = { authorization: `Bearer ${portal.token}` };
  expect((await harness.ask('GET', PATH, undefined, bearer)).status).toBe(405);
});
