import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CLOSED,
  nextBreaker,
  openForMs,
  type Breaker,
  type BreakerEvent,
} from '../../../src/domain/hubspot/circuitBreaker.js';

const failed: BreakerEvent = { kind: 'failed', probe: false };
const probeFailed: BreakerEvent = { kind: 'failed', probe: true };
const answered: BreakerEvent = { kind: 'answered' };

function run(events: readonly BreakerEvent[], from: Breaker = CLOSED) {
  let breaker = from;
  const actions = events.map((event) => {
    const next = nextBreaker(breaker, event);
    breaker = next.breaker;
    return next.action;
  });
  return { breaker, actions };
}

describe('a circuit breaker', () => {
  it('opens at the fifth failure in a row, not at five in all', () => {
    expect(run([failed, failed, failed, failed]).actions).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(run([failed, failed, failed, failed, failed]).actions.at(-1)).toBe('open');
    expect(run([failed, failed, failed, failed, answered, failed]).actions).not.toContain('open');
  });

  it('while open heeds its probe only, and closes at any answer', () => {
    const open = { failures: 0, opens: 2 };
    expect(run([failed, failed, failed, failed, failed, failed], open).actions).not.toContain('open');
    expect(run([probeFailed], open).actions).toEqual(['open']);
    expect(run([answered], open).actions).toEqual(['close']);
  });

  it('believes the database', () => {
    expect(
      run([
        { kind: 'stored', opens: 3 },
        { kind: 'stored', opens: 0 },
      ]).breaker,
    ).toEqual(CLOSED);
    expect(run([failed, failed, { kind: 'stored', opens: 0 }]).breaker.failures).toBe(2);
  });

  it('never opens without five failures since the last answer, and never stays silent at an answer while open', () => {
    const event = fc.constantFrom<BreakerEvent>(
      failed,
      probeFailed,
      answered,
      { kind: 'stored', opens: 0 },
      { kind: 'stored', opens: 1 },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let breaker = CLOSED;
        let inARow = 0;
        for (const one of events) {
          const before = breaker;
          const { breaker: after, action } = nextBreaker(before, one);
          if (one.kind === 'answered') inARow = 0;
          if (one.kind === 'failed') inARow += 1;
          if (action === 'open' && before.opens === 0) expect(inARow).toBeGreaterThanOrEqual(5);
          if (action === 'open' && before.opens > 0) expect(one).toBe(probeFailed);
          if (one.kind === 'answered') expect(action).toBe(before.opens > 0 ? 'close' : undefined);
          breaker = after;
        }
      }),
    );
  });

  it('stays open for a second at first, then twice as long each time, five minutes at most', () => {
    const longest = [0, 1, 2, 3, 8, 9, 500].map((opens) => openForMs(opens, () => 1));
    expect(longest).toEqual([1000, 2000, 4000, 8000, 256_000, 300_000, 300_000]);
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (opens, random) => {
        const ms = openForMs(opens, () => random);
        const most = openForMs(opens, () => 1);
        expect(ms).toBeGreaterThanOrEqual(most / 2);
        expect(ms).toBeLessThanOrEqual(most);
      }),
    );
  });
});
