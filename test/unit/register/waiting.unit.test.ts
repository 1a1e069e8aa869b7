import { describe, expect, it } from '@jest/globals';
import { waitOf } from '../../../src/api/register/prefer.js';
import { createRegisterWaits } from '../../../src/api/register/registerWaits.js';
import { againInMs } from '../../../src/services/register/verdict.js';
import type { Failure } from '../../../src/services/outbox/delivery/failure.js';
import { createLogger } from '../../../src/platform/logger.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

describe('who registers', () => {
  it.each([
    [undefined, 10_000],
    ['wait=0', 0],
    ['respond-async, wait=30', 30_000],
    ['Wait = "5"; foo=bar', 5000],
    ['handling=lenient', 10_000],
    ['wait=soon', 10_000],
  ])('waits for as long as they prefer: %s', (prefer, expected) => {
    expect(waitOf(prefer)).toBe(expected);
  });

  it('waits for a minute at most', () => {
    expect(() => waitOf('wait=61')).toThrow('60 seconds at most');
  });

  it('waits beside 199 others of their workspace; the next one is told at once where to ask', async () => {
    const waits: number[] = [];
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const temporal = {
      startRegistration: () => Promise.resolve(),
      awaitRegistration: (_: unknown, withinMs: number) => {
        waits.push(withinMs);
        return withinMs === 0 ? Promise.resolve() : ended;
      },
    };
    const all = createRegisterWaits({ temporal, logger });
    const of = (workspaceId: string, n: number) =>
      all.untilEnded({ workspaceId, portalId: 1, registrationId: String(n) }, 5000);
    const waiting = Array.from({ length: 201 }, (_, n) => of('a', n));
    waiting.push(of('b', 1));
    await waiting[200];
    expect([waits.filter((ms) => ms === 5000).length, waits.filter((ms) => ms === 0).length]).toEqual([
      201, 1,
    ]);
    end();
    await Promise.all(waiting);
    await of('a', 500);
    expect(waits.at(-1)).toBe(5000);
  });
});

describe('a step of a registration', () => {
  const failure = (more: Partial<Failure> = {}): Failure => ({ class: 'transient', message: 'x', ...more });
  const patience = { tries: 4, firstPauseMs: 500 };

  it('is tried again after pauses that grow, and after what HubSpot asks for, so many times', () => {
    const pauses = [1, 2, 3, 4].map((tries) => againInMs([failure()], { tries, triedMs: 0 }, patience));
    expect(pauses).toEqual([500, 1000, 2000, undefined]);
    const named = [failure({ class: 'rate', retryAfterMs: 7000 })];
    expect(againInMs(named, { tries: 1, triedMs: 0 }, patience)).toBe(7000);
  });

  it('has failed where a repeat changes nothing, or the wait is longer than ten minutes', () => {
    const final = [failure({ class: 'permanent' }), failure({ class: 'conflict' })];
    expect(againInMs(final, { tries: 1, triedMs: 0 }, patience)).toBeUndefined();
    expect(againInMs([...final, failure()], { tries: 1, triedMs: 0 }, patience)).toBe(500);
    const long = [failure({ class: 'rate', retryAfterMs: 3_600_000 })];
    expect(againInMs(long, { tries: 1, triedMs: 0 }, patience)).toBeUndefined();
  });
});
