import { describe, expect, it } from '@jest/globals';
import { classifyOutcome, refusesSome } from '../../../src/activities/throttle/classifyOutcome.js';
import type { Admitted } from '../../../src/db/throttle/admitReleases.js';
import { suspendForMs } from '../../../src/domain/throttle/suspension.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';

const row = (over: Partial<Admitted> = {}): Admitted => ({
  ...{ laneId: '3', admissionId: '1', fence: 0, executionId: '1', callbackId: 'ap-1-1-1-0', packId: '7' },
  ...{ ending: null, waitedMs: 1000, lateMs: 0, attempts: 1, queue: null, place: null },
  ...over,
});
const refused = { status: 400, message: 'bad callback', properties: [], body: undefined };
const ok: Outcome = { kind: 'ok', status: 204, body: undefined };
const invalid: Outcome = { kind: 'invalid', ...refused };
const notFound: Outcome = { kind: 'notFound', status: 404, message: 'not found' };
const serverError: Outcome = {
  ...{ kind: 'unavailable', status: 502, reason: 'server', message: 'Bad gateway', effect: 'possible' },
};
const away: Outcome = { kind: 'unavailable', reason: 'network', message: 'no route', effect: 'none' };
const unauthorized: Outcome = { kind: 'unauthorized', status: 401, message: 'expired' };
const throttled: Outcome = {
  ...{
    kind: 'throttled',
    status: 429,
    policy: 'TEN_SECONDLY_ROLLING',
    retryAfterMs: 7000,
    message: 'too many',
  },
};

describe("what HubSpot's answer to a completion means for an execution", () => {
  it.each([
    [null, 'completed'],
    ['released', 'completed'],
    ['cancelled', 'cancelled'],
    ['expired', 'expired'],
  ] as const)('taken, and to end as %s: %s', (ending, state) => {
    expect(classifyOutcome(ok, row({ ending }))).toEqual({ state, reason: null });
  });

  it('not known: gone; refused for good: failed, with its words', () => {
    expect(classifyOutcome(notFound, row())).toMatchObject({ state: 'gone' });
    expect(classifyOutcome(invalid, row())).toEqual({
      state: 'failed',
      reason: 'HubSpot refuses the completion: bad callback',
    });
  });

  it('throttled for a moment: again when HubSpot says; for longer, or without access: the portal is suspended', () => {
    expect(classifyOutcome({ ...throttled, retryAfterMs: 1500 }, row())).toEqual({
      againInMs: 1500,
      reason: 'throttled',
    });
    expect(classifyOutcome(throttled, row())).toMatchObject({ suspends: 'throttled', askedMs: 7000 });
    expect(classifyOutcome(unauthorized, row())).toMatchObject({ suspends: 'unauthorized', askedMs: 0 });
    for (const reason of ['breaker', 'token'] as const)
      expect(classifyOutcome({ ...away, reason, retryAfterMs: 900 }, row())).toMatchObject({
        ...{ suspends: reason, askedMs: 900 },
      });
  });

  it('a suspended portal is tried again after five seconds, later after a minute, or when HubSpot says', () => {
    expect([1, 2, 3, 9].map((refusals) => suspendForMs('forbidden', refusals, 0))).toEqual([
      ...[5000, 10_000, 20_000, 60_000],
    ]);
    expect(suspendForMs('migrating', 1, 3_600_000)).toBe(3_600_000);
    expect(suspendForMs('breaker', 1, 1500)).toBe(1500);
    expect(suspendForMs('breaker', 9, 1500)).toBe(60_000);
  });

  it('an error of the server: again, and after twenty tries failed; away: again for ever', () => {
    expect(classifyOutcome(serverError, row({ attempts: 19 }))).toHaveProperty('againInMs');
    expect(classifyOutcome(serverError, row({ attempts: 20 }))).toMatchObject({ state: 'failed' });
    expect(classifyOutcome(away, row({ attempts: 100 }))).toHaveProperty('againInMs');
  });

  it('an error of the server while nothing of the portal gets through: no try is the last, the portal is suspended', () => {
    for (const attempts of [20, 32_000])
      expect(classifyOutcome(serverError, row({ attempts }), true)).toMatchObject({ suspends: 'breaker' });
    expect(classifyOutcome(serverError, row({ attempts: 19 }), true)).not.toHaveProperty('suspends');
    expect(classifyOutcome(invalid, row(), true)).toMatchObject({ state: 'failed' });
  });

  it('a batch is halved where some of its callbacks may be at fault, errors of the server from the third try on', () => {
    const batch = (attempts: number) => [row({ attempts }), row({ attempts, executionId: '2' })];
    expect(refusesSome(invalid, batch(1))).toBe(true);
    expect(refusesSome(serverError, batch(2))).toBe(false);
    expect(refusesSome(serverError, batch(3))).toBe(true);
    expect(refusesSome(serverError, [...batch(1), row({ attempts: 3 })])).toBe(true);
    expect(refusesSome(away, batch(9))).toBe(false);
    expect(refusesSome(invalid, [row()])).toBe(false);
  });
});
