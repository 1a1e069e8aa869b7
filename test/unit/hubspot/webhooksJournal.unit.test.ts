import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createAppToken } from '../../../src/hubspot/journal/appToken.js';
import { createJournalPace } from '../../../src/hubspot/journal/journalPace.js';
import { journalCall } from '../../../src/hubspot/wire/journalRequests.js';
import { Secret } from '../../../src/platform/secret.js';

describe("the app's token", () => {
  const LIFE_MS = 1_800_000;
  function tokens(lifeMs = LIFE_MS) {
    const asked: string[][] = [];
    let now = 0;
    const token = createAppToken(
      {
        appToken(scopes) {
          asked.push([...scopes]);
          return Promise.resolve({ token: new Secret(`token-${asked.length}`), expiresInMs: lifeMs });
        },
      },
      () => now,
    );
    return { asked, token, pass: (ms: number) => (now += ms) };
  }

  it('is replaced a minute before its end, or a fifth of its life, and asked for once by all who want it', async () => {
    const { asked, token, pass } = tokens();
    const both = await Promise.all([token.get(), token.get()]);
    expect(both[0]).toBe(both[1]);
    pass(LIFE_MS - 60_001);
    expect((await token.get()).reveal()).toBe('token-1');
    pass(2);
    expect((await token.get()).reveal()).toBe('token-2');
    expect(asked).toHaveLength(2);
    const short = tokens(10_000);
    await short.token.get();
    short.pass(8001);
    expect((await short.token.get()).reveal()).toBe('token-2');
  });

  it('that HubSpot refuses is dropped, and no other', async () => {
    const { token } = tokens();
    const first = await token.get();
    token.drop(first);
    const second = await token.get();
    token.drop(first);
    expect([second.reveal(), (await token.get()).reveal()]).toEqual(['token-2', 'token-2']);
  });
});

describe('the limit of the webhooks journal', () => {
  it('is never exceeded in any interval, measured from the answers, and used while requests wait', async () => {
    const [places, intervalMs] = [3, 60];
    const pace = createJournalPace(places, intervalMs);
    const [began, answered]: [number[], number[]] = [[], []];
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const done = await pace.take();
        began.push(performance.now());
        await delay(5);
        answered.push(performance.now());
        done();
      }),
    );
    for (let n = places; n < began.length; n += 1)
      expect(began[n]! - answered[n - places]!).toBeGreaterThanOrEqual(intervalMs - 1);
    expect(began.at(-1)! - began[0]!).toBeLessThan(6 * intervalMs);
  });

  it('is that of whoever had the journal before, for an interval', async () => {
    const pace = createJournalPace(3, 60);
    pace.takenOver();
    const from = performance.now();
    await pace.take();
    expect(performance.now() - from).toBeGreaterThanOrEqual(59);
  });
});

describe('requests of the webhooks journal', () => {
  const versions = { HUBSPOT_API_VERSION: '2026-09', HUBSPOT_API_VERSIONS: {} } as const;

  it('go to the version that is asked for, and to the first that is described where that has no date', () => {
    expect(journalCall({ kind: 'earliest' }, versions).path).toBe(
      '/webhooks-journal/journal/2026-09/earliest',
    );
    const undated = { ...versions, HUBSPOT_API_VERSION: 'v4' } as const;
    expect(journalCall({ kind: 'subscriptions' }, undated).path).toBe(
      '/webhooks-journal/subscriptions/2026-03',
    );
    const own = { ...versions, HUBSPOT_API_VERSIONS: { journal: '2026-03' } } as const;
    expect(journalCall({ kind: 'unsubscribe', subscriptionId: 7 }, own).path).toBe(
      '/webhooks-journal/subscriptions/2026-03/7',
    );
  });

  it.each(['../earliest', '', 'x/next', '550e8400-e29b-41d4-a716-446655440000/..'])(
    'have no offset "%s" in their path',
    (offset) => {
      expect(() => journalCall({ kind: 'next', offset }, versions)).toThrow(RangeError);
    },
  );
});
