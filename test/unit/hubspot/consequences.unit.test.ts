import { describe, expect, it } from '@jest/globals';
import type { Budgets } from '../../../src/hubspot/budget/budgets.js';
import { createConsequences } from '../../../src/hubspot/gateway/consequences.js';
import type { GatewayRequest } from '../../../src/hubspot/gateway/gatewayRequest.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { createLogger } from '../../../src/platform/logger.js';

const REQUEST: GatewayRequest = {
  portalId: 7,
  resource: 'completeCallbacks',
  priority: 'completion',
  body: { inputs: [] },
};

/** For how long the portal is left alone after this, by the draw that makes it longest. */
function blockedMs(outcome: Outcome): number[] {
  const blocks: number[] = [];
  const budgets = {
    block: (_portalId: number, _bucket: unknown, ms: number) => (blocks.push(ms), Promise.resolve()),
    note: () => undefined,
  } as unknown as Budgets;
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  const consequences = createConsequences({ budgets, logger, random: () => 1 });
  consequences.applyAnswer(REQUEST, { outcome, headers: {}, sentMsAgo: 0, probe: false });
  return blocks;
}

describe('a block', () => {
  const throttled = { kind: 'throttled', status: 429, message: '' } as const;

  it('ends apart from those of others, and never long after what HubSpot asked for', () => {
    expect(blockedMs({ ...throttled, policy: 'TEN_SECONDLY_ROLLING', retryAfterMs: 10_000 })).toEqual([
      11_000,
    ]);
    const tenHours = 36_000_000;
    expect(blockedMs({ ...throttled, policy: 'DAILY', retryAfterMs: tenHours })).toEqual([tenHours + 30_000]);
  });
});

describe('an answer that is larger than what is read', () => {
  it('tells the circuit breaker that HubSpot is there: fewer records are asked for, and nobody is held up', () => {
    const noted: string[] = [];
    const budgets = {
      note: (_portalId: number, { kind }: { kind: string }) => noted.push(kind),
    } as unknown as Budgets;
    const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
    const consequences = createConsequences({ budgets, logger, random: () => 1 });
    for (const reason of ['too_large', 'timeout'] as const)
      consequences.applyAnswer(REQUEST, {
        outcome: { kind: 'unknown', reason, message: '' },
        ...{ headers: undefined, sentMsAgo: 0, probe: false },
      });
    expect(noted).toEqual(['answered', 'failed']);
  });
});
