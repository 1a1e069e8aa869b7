import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GatewayRequest } from '../../../src/hubspot/gateway/gatewayRequest.js';
import { createRateRefusals } from '../../../src/hubspot/gateway/rateRefusals.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';

const REQUEST: GatewayRequest = {
  portalId: 7,
  resource: 'completeCallbacks',
  priority: 'completion',
  body: { inputs: [] },
};
const SEARCH: GatewayRequest = {
  portalId: 7,
  resource: 'searchObjects',
  priority: 'outbox',
  params: { objectType: 'contacts' },
  body: { filterGroups: [], properties: [], sorts: [], limit: 1, after: '0' },
};
const OK: Outcome = { kind: 'ok', status: 204, body: undefined };

function refused(
  policy: 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY' | 'other',
  retryAfterMs: number,
): Outcome {
  return { kind: 'throttled', status: 429, policy, retryAfterMs, message: '' };
}

/** A gateway at a time that the test moves on. */
function start() {
  let now = 1_000_000;
  const apply = createRateRefusals(() => now);
  return {
    pass: (ms: number) => void (now += ms),
    /** What the caller is told to wait. */
    answer(
      outcome: Outcome,
      { request = REQUEST, sentMsAgo = 100 }: { request?: GatewayRequest; sentMsAgo?: number } = {},
    ): number | undefined {
      const told = apply(request, outcome, sentMsAgo);
      return 'retryAfterMs' in told ? told.retryAfterMs : undefined;
    },
  };
}

describe('refusals of one limit', () => {
  it('that come again and again are waited for ever longer, within what the limit can need', () => {
    const { pass, answer } = start();
    const waits = Array.from({ length: 5 }, () => {
      const ms = answer(refused('TEN_SECONDLY_ROLLING', 10_000));
      pass(ms! + 200);
      return ms;
    });
    expect(waits).toEqual([10_000, 20_000, 40_000, 40_000, 40_000]);
  });

  it('of requests that were out together are one', () => {
    const { pass, answer } = start();
    expect(answer(refused('TEN_SECONDLY_ROLLING', 10_000))).toBe(10_000);
    pass(50);
    expect(answer(refused('TEN_SECONDLY_ROLLING', 10_000))).toBe(10_000);
  });

  it('are forgotten when the limit takes a request that was sent since', () => {
    const { pass, answer } = start();
    answer(refused('SECONDLY', 1500));
    pass(50);
    answer(OK); // sent before the refusal was known: it says nothing
    pass(2000);
    expect(answer(refused('SECONDLY', 1500))).toBe(3000);
    pass(4000);
    answer(OK);
    pass(200);
    expect(answer(refused('SECONDLY', 1500))).toBe(1500);
  });

  it('leave other portals and other limits alone', () => {
    const { pass, answer } = start();
    answer(refused('other', 10_000));
    pass(20_000);
    expect(answer(refused('other', 10_000), { request: { ...REQUEST, portalId: 8 } })).toBe(10_000);
    expect(answer(refused('other', 10_000), { request: SEARCH })).toBe(10_000);
  });

  it('never make a wait shorter than the answer asks for, whatever came before', () => {
    const outcome = fc.oneof(
      fc.constant(OK),
      fc
        .tuple(
          fc.constantFrom('TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY', 'other' as const),
          fc.nat(86_400_000),
        )
        .map(([policy, ms]) => refused(policy, ms)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, fc.nat(100_000)), { maxLength: 30 }), (answers) => {
        const { pass, answer } = start();
        for (const [one, ms] of answers) {
          pass(ms);
          const told = answer(one);
          if (one.kind !== 'throttled') continue;
          expect(told).toBeGreaterThanOrEqual(one.retryAfterMs);
          expect(told).toBeLessThanOrEqual(Math.max(one.retryAfterMs, 900_000));
        }
      }),
    );
  });
});
