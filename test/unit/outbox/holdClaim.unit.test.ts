import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { holdClaim } from '../../../src/activities/outbox/holdClaim.js';
import type { OutboxClaim } from '../../../src/db/outbox/claims.js';
import { createLogger } from '../../../src/platform/logger.js';

const claim: OutboxClaim = { claimId: '1', fence: 0, again: false, failing: false, events: [] };
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const LEASE_MS = 300;

function hold(renew: () => Promise<{ rowCount: number }>) {
  return holdClaim({ query: renew } as never, claim, { leaseMs: LEASE_MS, logger });
}

describe('a claim in hand', () => {
  it('stays so for as long as it is renewed', async () => {
    const held = hold(() => Promise.resolve({ rowCount: 1 }));
    await delay(2 * LEASE_MS);
    expect(held.isLost()).toBe(false);
    held.end();
  });

  it('is lost by its own clock when no renewal is answered within the lease', async () => {
    const held = hold(() => new Promise(() => undefined));
    expect(held.isLost()).toBe(false);
    await delay(1.5 * LEASE_MS);
    expect(held.isLost()).toBe(true);
    held.end();
  });

  it('is renewed by one statement at a time, however long that takes', async () => {
    let asked = 0;
    const held = hold(() => {
      asked += 1;
      return new Promise(() => undefined);
    });
    await delay(1.5 * LEASE_MS);
    expect(asked).toBe(1);
    held.end();
  });

  it("is lost when the database says that it is somebody else's", async () => {
    const held = hold(() => Promise.resolve({ rowCount: 0 }));
    await delay(LEASE_MS);
    expect(held.isLost()).toBe(true);
    held.end();
  });
});
