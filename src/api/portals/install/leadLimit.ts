import { AppError } from '../../../platform/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { createSeldom } from '../../../platform/seldom.js';

/*
 * A code without a state of ours may come from anybody, and to learn whose it is HubSpot is asked with our credentials.
 * So a process looks into few such codes, from wherever they come. What is held back can be opened again: the code has
 * not been used.
 */

/** Runs `work` where there is room for it; else throws an AppError that says when to come again. */
export type LeadLimit = <T>(work: () => Promise<T>) => Promise<T>;

interface Most {
  readonly atATime: number;
  readonly perMinute: number;
}

/** People who install from the marketplace come one by one. */
const MOST: Most = { atATime: 4, perMinute: 60 };
const MINUTE_MS = 60_000;
const BUSY_RETRY_MS = 5000;

export function createLeadLimit({
  logger,
  most = MOST,
  now = () => performance.now(),
}: {
  logger: Logger;
  most?: Most;
  now?: () => number;
}): LeadLimit {
  const seldom = createSeldom(now);
  let underWay = 0;
  let minute = { beganAt: now(), leads: 0 };

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

  return async (work) => {
    const at = now();
    if (at - minute.beganAt >= MINUTE_MS) minute = { beganAt: at, leads: 0 };
    if (minute.leads >= most.perMinute) refuse(minute.beganAt + MINUTE_MS - at);
    if (underWay >= most.atATime) refuse(BUSY_RETRY_MS);
    minute.leads += 1;
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  };
}
