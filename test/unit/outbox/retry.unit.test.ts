import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ceilingMs,
  decide,
  ERROR_CLASSES,
  fullJitterMs,
  isToldAfter,
} from '../../../src/domain/outbox/retry.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { failureOf, failureOfRow } from '../../../src/services/outbox/delivery/failure.js';

const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const errorClass = fc.constantFrom(...ERROR_CLASSES);
const wait = fc.integer({ min: 0, max: 86_400_000 });

describe('decide', () => {
  it('never undercuts the time that the other side asks for, and never exceeds it by more than the schedule', () => {
    fc.assert(
      fc.property(errorClass, fc.nat(8), random, wait, (failed, attempts, fraction, retryAfterMs) => {
        const decision = decide(failed, attempts, { maxAttempts: 10, random: () => fraction }, retryAfterMs);
        if (decision.next !== 'retry') return;
        expect(decision.inMs).toBeGreaterThanOrEqual(retryAfterMs);
        expect(decision.inMs).toBeLessThanOrEqual(retryAfterMs + 900_000);
      }),
    );
  });

  it('ends every event that fails by itself after exactly the attempts that are allowed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('transient', 'unknown', 'locked' as const),
        fc.integer({ min: 1, max: 20 }),
        random,
        (failed, maxAttempts, fraction) => {
          let attempts = 0;
          for (let tries = 1; ; tries += 1) {
            const decision = decide(failed, attempts, { maxAttempts, random: () => fraction });
            attempts = decision.attempts;
            if (decision.next === 'dead') {
              expect(tries).toBe(maxAttempts);
              expect(attempts).toBe(maxAttempts);
              return;
            }
          }
        },
      ),
    );
  });

  it.each(['transient', 'unknown', 'locked'] as const)(
    'ends no event that fails by itself (%s) while nothing of its portal gets through',
    (failed) => {
      const policy = { maxAttempts: 10, standsStill: true, random: () => 1 };
      expect(decide(failed, 8, policy)).toEqual({ next: 'retry', inMs: 512_000, attempts: 9 });
      expect(decide(failed, 9, policy)).toEqual({ next: 'retry', inMs: 900_000, attempts: 9 });
      expect(decide('permanent', 9, policy)).toMatchObject({ next: 'dead' });
    },
  );

  it.each(['rate', 'migrating', 'auth'] as const)(
    'counts no attempt while an event waits for %s, however long',
    (failed) => {
      expect(decide(failed, 9, { maxAttempts: 10, random: () => 0.5 }, 1000).attempts).toBe(9);
    },
  );

  it.each(['unclear', 'conflict'] as const)(
    'lets no event die of waiting for somebody (%s): pauses grow to 15 minutes, and people are told once',
    (failed) => {
      const policy = { maxAttempts: 1, random: () => 0 };
      const waits = Array.from({ length: 40 }, (_, n) => n + 1);
      const decisions = waits.map((n) => decide(failed, 0, policy, 0, n));
      for (const decision of decisions) expect(decision).toMatchObject({ next: 'retry', attempts: 0 });
      const pauses = decisions.map((decision) => ('inMs' in decision ? decision.inMs : 0));
      expect(pauses.slice(0, 10)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map((s) => s * 1000));
      expect(waits.filter(isToldAfter)).toEqual([8]);
    },
  );

  it('pauses for access, and gives up at once what a repeat does not change', () => {
    const policy = { maxAttempts: 10, random: () => 0 };
    expect(decide('auth', 0, policy)).toEqual({ next: 'paused', attempts: 0 });
    expect(decide('permanent', 0, policy)).toEqual({ next: 'dead', attempts: 1 });
    expect(decide('poison', 0, policy)).toEqual({ next: 'dead', attempts: 1 });
  });

  it('spreads waits over the whole time up to a ceiling that doubles to 15 minutes', () => {
    expect([1, 2, 3, 9, 10, 50].map(ceilingMs)).toEqual([2000, 4000, 8000, 512_000, 900_000, 900_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), random, (tried, fraction) => {
        const waitMs = fullJitterMs(tried, () => fraction);
        expect(Math.abs(waitMs - fraction * ceilingMs(tried))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('failureOf', () => {
  const clock = { nowMs: 0, timeZone: 'UTC' };
  const failure = (status: number, body: object, headers = {}, harmless = true) => {
    const said = JSON.stringify({ correlationId: 'c-1', ...body });
    const outcome = classifyResponse(status, headers, said, clock);
    if (outcome.kind === 'ok' || outcome.kind === 'partial') throw new Error('a failure was expected');
    return failureOf(outcome, { harmless });
  };

  it.each([
    [429, { policyName: 'SECONDLY' }, 'rate'],
    [401, {}, 'auth'],
    [
      403,
      { category: 'MISSING_SCOPES', context: { missingScopes: ['crm.objects.deals.write'] } },
      'permanent',
    ],
    [404, {}, 'permanent'],
    [409, { category: 'CONFLICT' }, 'permanent'],
    [423, {}, 'locked'],
    [477, {}, 'migrating'],
    [400, { category: 'VALIDATION_ERROR' }, 'permanent'],
    [503, {}, 'transient'],
    [502, {}, 'transient'],
  ])('%i %j is of the class %s', (status, body, expected) => {
    expect(failure(status, body).class).toBe(expected);
  });

  it('calls an answer that never came unknown only where a repeat would do it twice', () => {
    const lost: Outcome = { kind: 'unknown', reason: 'timeout', message: '' };
    expect(failureOf(lost, { harmless: true }).class).toBe('transient');
    expect(failureOf(lost, { harmless: false }).class).toBe('unknown');
    expect(failure(502, {}, {}, false).class).toBe('unknown');
    expect(failure(503, {}, {}, false).class).toBe('transient');
  });

  it('counts no attempt where nothing was tried: no turn, or the process stops', () => {
    for (const reason of ['budget', 'permit', 'stopped'] as const) {
      expect(
        failureOf({ kind: 'unavailable', reason, message: '', effect: 'none' }, { harmless: false }).class,
      ).toBe('rate');
    }
  });

  it('keeps the time that HubSpot asks for', () => {
    expect(failure(477, {}, { 'retry-after': '3600' }).retryAfterMs).toBe(3_600_000);
  });

  it('says what to do, with the property, and without the values that HubSpot quotes', () => {
    const { message } = failure(400, {
      category: 'VALIDATION_ERROR',
      message:
        'Property values were not valid: [{"isValid":false,"message":"ann@example.com was not a valid email","error":"INVALID_EMAIL","name":"email"}]',
      errors: [{ code: 'INVALID_EMAIL', context: { propertyName: ['email'] } }],
    });
    expect(message).toContain('INVALID_EMAIL');
    expect(message).toContain('properties: email');
    expect(message).not.toContain('ann@');
    expect(failureOfRow({ message: 'Contact "Ann Smith" at +41 79 123 45 67', ids: [] }).message).not.toMatch(
      /Ann|79 123/,
    );
    expect(failure(403, { context: { missingScopes: ['tickets'] } }).message).toContain('tickets');
  });
});
