import { createCache } from '../../../platform/cache.js';
import { AppError } from '../../../platform/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { createSeldom } from '../../../platform/seldom.js';

/*
 * A code without a state of ours may come from anybody, and to learn whose it is HubSpot is asked with our credentials.
 * So a process looks into few such codes of one address, so that nobody uses up what others need, and into a bounded
 * number of all. What is held back can be opened again: the code has not been used.
 */

/**
 * Runs `work` for a browser of this address (of IPv6 the network) where there is room for it; else throws an AppError
 * that says when to come again.
 */
export type LeadLimit = <T>(address: string, work: () => Promise<T>) => Promise<T>;

interface Most {
  readonly atATime: number;
  readonly perMinute: number;
}

/** People who install from the marketplace come one by one; some share an address. */
const MOST_OF_AN_ADDRESS: Most = { atATime: 4, perMinute: 60 };
const MOST_OF_ALL: Most = { atATime: 32, perMinute: 600 };
/** Addresses that are remembered; one that is forgotten counts anew, under the ceiling of all. */
const MAX_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;
const BUSY_RETRY_MS = 5000;

interface Use {
  underWay: number;
  beganAt: number;
  leads: number;
}

export function createLeadLimit({
  logger,
  mostOfAnAddress = MOST_OF_AN_ADDRESS,
  mostOfAll = MOST_OF_ALL,
  now = () => performance.now(),
}: {
  logger: Logger;
  mostOfAnAddress?: Most;
  mostOfAll?: Most;
  now?: () => number;
}): LeadLimit {
  const seldom = createSeldom(now);
  const addresses = createCache<string, Use>({ max: MAX_ADDRESSES, now });
  const all: Use = { underWay: 0, beganAt: now(), leads: 0 };

  function refuse(retryAfterMs: number): never {
    const said = seldom('held back');
    if (said)
      logger.warn('Installs that HubSpot began are held back: more come than are looked into', { ...said });
    throw new AppError(
      'too_many_requests',
      'More installations are being begun than can be looked into just now. Nothing was stored.',
      { retryAfterMs },
    );
  }

  function check(use: Use, most: Most, at: number): void {
    if (at - use.beganAt >= MINUTE_MS) [use.beganAt, use.leads] = [at, 0];
    if (use.leads >= most.perMinute) refuse(use.beganAt + MINUTE_MS - at);
    if (use.underWay >= most.atATime) refuse(BUSY_RETRY_MS);
  }

  function useOf(address: string): Use {
    const known = addresses.get(address);
    if (known) return known;
    const use = { underWay: 0, beganAt: now(), leads: 0 };
    addresses.set(address, use);
    return use;
  }

  return async (address, work) => {
    const at = now();
    const own = useOf(address);
    // The own limit first: what it holds back takes nothing of what all have together.
    check(own, mostOfAnAddress, at);
    check(all, mostOfAll, at);
    for (const use of [own, all]) {
      use.leads += 1;
      use.underWay += 1;
    }
    try {
      return await work();
    } finally {
      for (const use of [own, all]) use.underWay -= 1;
    }
  };
}
