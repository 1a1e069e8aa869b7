import { describe, expect, it } from '@jest/globals';
import { createRefusedTokens } from '../../../src/hubspot/tokens/refusedTokens.js';

describe('a token that HubSpot refused', () => {
  const outcome = { kind: 'unauthorized', status: 401, message: 'expired' } as const;

  it('is remembered for 15 s from its refusal, however often that is noted again, and for its version and portal only', () => {
    let now = 1000;
    const refused = createRefusedTokens(() => now);
    expect(refused.known(1, 3)).toBeUndefined();
    refused.note(1, 3, outcome);
    now = 15_999;
    expect(refused.known(1, 3)).toBe(outcome);
    expect(refused.known(2, 3)).toBeUndefined();
    refused.note(1, 3, outcome);
    now = 16_001;
    expect(refused.known(1, 3)).toBeUndefined();
    refused.note(1, 3, outcome);
    expect(refused.known(1, 4)).toBeUndefined();
  });
});
