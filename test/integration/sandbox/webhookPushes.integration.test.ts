import { createHash, createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, SECRET } from './harness.js';
import { startWebhooks, type WebhookHarness } from './webhookHarness.js';

let hooks: WebhookHarness;
afterEach(() => hooks.close());

const ONE_EACH = { subscriptions: ['contact.creation'] };
const settled = () => eventually(async () => (await hooks.counts()).pending === 0);
const idsOf = (events: { eventId: number }[]) => events.map(({ eventId }) => eventId);
const ascending = (ids: number[]) => [...ids].sort((a, b) => a - b);

describe('a push', () => {
  it('has up to a hundred events, and all come once', async () => {
    hooks = await startWebhooks();
    await hooks.set(ONE_EACH);
    await hooks.seed(250);
    await settled();
    expect(Math.max(...hooks.pushes.map(({ events }) => events.length))).toBe(100);
    const ids = idsOf(hooks.events());
    expect([ids.length, new Set(ids).size]).toEqual([250, 250]);
    expect(await hooks.counts()).toMatchObject({
      ...{ produced: 250, sent: 250, requests: hooks.pushes.length, retried: 0, givenUp: 0, lost: 0 },
      ...{ byStatus: { 200: hooks.pushes.length }, failures: [] },
    });
  });

  it.each([
    ['v1', true, false],
    ['v3', false, true],
    ['both', true, true],
  ])('is signed %s over its raw body', async (signature, hasV1, hasV3) => {
    hooks = await startWebhooks();
    await hooks.set({ signature });
    await hooks.create('contacts', { firstname: 'Zoë' });
    await settled();
    const { headers, body } = hooks.pushes[0]!;
    const timestamp = String(headers['x-hubspot-request-timestamp']);
    const v1 = createHash('sha256')
      .update(SECRET + body)
      .digest('hex');
    const v3 = createHmac('sha256', SECRET).update(`POST${hooks.targetUrl}${body}${timestamp}`);
    expect(headers['x-hubspot-signature']).toBe(hasV1 ? v1 : undefined);
    expect(headers['x-hubspot-signature-version']).toBe(hasV1 ? 'v1' : undefined);
    expect(headers['x-hubspot-signature-v3']).toBe(hasV3 ? v3.digest('base64') : undefined);
    if (hasV3) expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000);
  });

  it('keeps the order of events, unless it is to be shuffled', async () => {
    hooks = await startWebhooks();
    await hooks.set({ ...ONE_EACH, maxConcurrentRequests: 1 });
    await hooks.seed(150);
    await settled();
    const kept = idsOf(hooks.events());
    expect(kept).toEqual(ascending(kept));
    await hooks.set({ ...ONE_EACH, maxConcurrentRequests: 1, shuffle: true });
    await hooks.seed(150);
    await settled();
    const shuffled = idsOf(hooks.events()).slice(150);
    expect(shuffled).toHaveLength(150);
    expect(shuffled).not.toEqual(ascending(shuffled));
  });

  it('brings doubled events in another request, as they were', async () => {
    hooks = await startWebhooks();
    await hooks.set({ ...ONE_EACH, double: 1 });
    await hooks.seed(80);
    await settled();
    expect(await hooks.counts()).toMatchObject({ produced: 80, doubled: 80, sent: 160 });
    for (const { events } of hooks.pushes) expect(new Set(idsOf(events)).size).toBe(events.length);
    const texts = hooks.events().map((event) => JSON.stringify(event));
    expect([texts.length, new Set(texts).size]).toEqual([160, 80]);
  });

  it('goes after the delay, and not at all where events are to be lost', async () => {
    hooks = await startWebhooks();
    await hooks.set({ ...ONE_EACH, delayMs: 300 });
    const from = performance.now();
    await hooks.seed(1);
    await settled();
    expect(hooks.pushes[0]!.atMs - from).toBeGreaterThanOrEqual(300);
    await hooks.set({ ...ONE_EACH, losePerMille: 1_000 });
    await hooks.seed(50);
    await settled();
    expect(await hooks.counts()).toMatchObject({ produced: 51, lost: 50, sent: 1 });
    expect(hooks.events()).toHaveLength(1);
  });

  it('is one of so many at once', async () => {
    hooks = await startWebhooks(() => delay(50).then(() => 200));
    await hooks.set({ ...ONE_EACH, maxConcurrentRequests: 3 });
    await hooks.seed(800);
    await settled();
    expect(hooks.mostOpen()).toBe(3);
  });
});

describe('a push that is refused', () => {
  it.each([400, 404, 429, 500, 503])(
    'with %i comes again whole, with the number of its attempt',
    async (status) => {
      hooks = await startWebhooks((_, number) => (number < 3 ? status : 204));
      await hooks.set(ONE_EACH);
      await hooks.seed(30);
      await settled();
      expect(hooks.pushes.map(({ events }) => events.length)).toEqual([30, 30, 30]);
      const numbers = hooks.pushes.map(({ events }) => new Set(events.map((event) => event.attemptNumber)));
      expect(numbers).toEqual([new Set([0]), new Set([1]), new Set([2])]);
      expect(idsOf(hooks.pushes[2]!.events)).toEqual(idsOf(hooks.pushes[0]!.events));
      const counts = await hooks.counts();
      expect(counts).toMatchObject({ sent: 30, requests: 3, retried: 2, byStatus: { [status]: 2, 204: 1 } });
      expect(counts.failures).toMatchObject([
        { status, attempt: 0, events: 30 },
        { status, attempt: 1, events: 30 },
      ]);
    },
  );

  it('comes again after pauses that grow, and is given up after the last attempt', async () => {
    hooks = await startWebhooks(() => 500);
    await hooks.set({ ...ONE_EACH, attempts: 5, retryBaseMs: 20 });
    await hooks.seed(1);
    await settled();
    const pauses = hooks.pushes.slice(1).map(({ atMs }, n) => atMs - hooks.pushes[n]!.atMs);
    expect(pauses).toHaveLength(4);
    for (const [n, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(20 * 2 ** n);
    expect(await hooks.counts()).toMatchObject({ sent: 0, givenUp: 1, requests: 5, retried: 4, pending: 0 });
  });

  it('comes again where no answer comes in time, or nobody listens', async () => {
    hooks = await startWebhooks((_, number) => (number === 1 ? 'never' : 200));
    await hooks.set({ ...ONE_EACH, timeoutMs: 100 });
    await hooks.seed(2);
    await settled();
    expect(await hooks.counts()).toMatchObject({ sent: 2, requests: 2, byStatus: { 0: 1, 200: 1 } });
    await hooks.set({ ...ONE_EACH, targetUrl: 'http://127.0.0.1:1/nobody' });
    await hooks.seed(2);
    await eventually(async () => (await hooks.counts()).byStatus['0'] > 1);
    await hooks.set(ONE_EACH);
    await settled();
    expect(await hooks.counts()).toMatchObject({ produced: 4, sent: 4 });
  });

  it('does not hold up those that follow', async () => {
    hooks = await startWebhooks(({ events }) =>
      events[0]!.attemptNumber === 0 && events.length === 1 ? 500 : 200,
    );
    await hooks.set({ ...ONE_EACH, maxConcurrentRequests: 1, retryBaseMs: 60_000 });
    await hooks.seed(1);
    await eventually(() => hooks.pushes.length === 1);
    await hooks.seed(40);
    await eventually(async () => (await hooks.counts()).sent === 40);
    expect(await hooks.counts()).toMatchObject({ pending: 1, failures: [{ status: 500 }] });
  });
});

describe('webhooks', () => {
  it('tell of nothing while no target is set, and begin to count anew when one is', async () => {
    hooks = await startWebhooks();
    expect(await hooks.counts()).toEqual({ plan: null });
    await hooks.seed(5);
    await hooks.set(ONE_EACH);
    await hooks.seed(2);
    await settled();
    expect((await hooks.end()).body).toMatchObject({ plan: null, produced: 2, sent: 2 });
    await hooks.seed(5);
    expect((await hooks.set(ONE_EACH)).body).toMatchObject({ produced: 0, plan: { signature: 'both' } });
    expect(hooks.events()).toHaveLength(2);
  });

  it('end at once: what is pending is dropped, and a request without an answer is broken off', async () => {
    hooks = await startWebhooks((_, number) => (number === 1 ? 'never' : 200));
    await hooks.set({ ...ONE_EACH, maxConcurrentRequests: 1 });
    await hooks.seed(150);
    await eventually(() => hooks.pushes.length === 1);
    expect((await hooks.end()).body).toMatchObject({ plan: null, dropped: 150, sent: 0, pending: 0 });
    await delay(100);
    expect(hooks.pushes).toHaveLength(1);
    expect(hooks.errors).toEqual([]);
  });

  it('are gone after a reset', async () => {
    hooks = await startWebhooks(() => 500);
    await hooks.set(ONE_EACH);
    await hooks.seed(1);
    await eventually(() => hooks.pushes.length > 0);
    await hooks.control('POST', '/reset', {});
    expect(await hooks.counts()).toEqual({ plan: null });
    const { length } = hooks.pushes;
    await delay(200);
    expect(hooks.pushes).toHaveLength(length);
  });
});
