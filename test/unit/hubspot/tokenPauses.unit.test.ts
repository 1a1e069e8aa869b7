import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { coolDownMs } from '../../../src/domain/tokens/cooldown.js';
import { refreshDueInMs } from '../../../src/domain/tokens/refreshDue.js';

const kind = fc.constantFrom('restart', 'configuration', 'transient', 'unknown' as const);
const draw = fc.double({ min: 0, max: 0.999_999, noNaN: true });

describe('the pause after a refresh that failed', () => {
  it('grows with the failures, however short HubSpot says it may be', () => {
    const after = (failures: number) =>
      coolDownMs('transient', failures, { retryAfterMs: 1000, random: () => 0.5 });
    expect([1, 4, 8, 20].map(after)).toEqual([1125, 4000, 64_000, 150_000]);
  });

  it('never undercuts what HubSpot asks for, and has a ceiling of its own', () => {
    fc.assert(
      fc.property(kind, fc.nat(100), fc.nat(600_000), draw, (one, failures, retryAfterMs, random) => {
        const ms = coolDownMs(one, failures, { retryAfterMs, random: () => random });
        expect(ms).toBeGreaterThanOrEqual(retryAfterMs);
        expect(ms).toBeLessThanOrEqual(Math.max(300_000, Math.ceil(retryAfterMs * 1.25)));
      }),
    );
  });
});

describe('a token', () => {
  it('is refreshed some time before its end', () => {
    expect(refreshDueInMs({ expiresInMs: 1_800_000, ageMs: 0 }, 60_000)).toBe(1_740_000);
    expect(refreshDueInMs({ expiresInMs: 50_000, ageMs: 1_750_000 }, 60_000)).toBe(0);
    expect(refreshDueInMs({ expiresInMs: -5000, ageMs: null }, 60_000)).toBe(0);
  });

  it('that was granted just now is not due at once, however short its life', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), fc.nat(1_200_000), (lifetimeMs, beforeMs) => {
        expect(refreshDueInMs({ expiresInMs: lifetimeMs, ageMs: 0 }, beforeMs)).toBeGreaterThanOrEqual(
          lifetimeMs / 2,
        );
      }),
    );
  });
});
