import { renewClaim, type OutboxClaim } from '../../db/outbox/claims.js';
import type { Queryable } from '../../db/pool.js';
import { moment, passedMs } from '../../platform/bothClocks.js';
import type { Logger } from '../../platform/logger.js';

export interface HeldClaim {
  /** Somebody has taken the claim over, or may have: nothing of it may be sent any more. */
  isLost(): boolean;
  /** It was found to be somebody else's. */
  lose(): void;
  /** Ends the renewal; the lease runs out by itself. */
  end(): void;
}

/**
 * Renews the lease of a claim until `end`. A process that stood still for longer than its lease (a frozen machine)
 * knows by its own clocks that the claim may be somebody else's, before any answer says so.
 */
export function holdClaim(
  db: Queryable,
  claim: OutboxClaim,
  { leaseMs, logger }: { leaseMs: number; logger: Logger },
): HeldClaim {
  let lost = false;
  let held = moment();
  let isAsked = false;
  const renewing = setInterval(() => {
    // Where one waits, those behind it would each hold a connection.
    if (isAsked) return;
    isAsked = true;
    const askedAt = moment();
    void renewClaim(db, { ...claim, leaseMs })
      .then((ours) => {
        lost ||= !ours;
        held = askedAt;
      })
      .catch((error: unknown) => logger.warn('A claim of the outbox could not be renewed', { error }))
      .finally(() => (isAsked = false));
  }, leaseMs / 3);
  return {
    isLost() {
      lost ||= passedMs(held) > leaseMs;
      return lost;
    },
    lose: () => void (lost = true),
    end: () => clearInterval(renewing),
  };
}
