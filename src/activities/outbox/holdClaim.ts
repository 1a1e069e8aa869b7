import { renewClaim, type OutboxClaim } from '../../db/outbox/claims.js';
import type { Queryable } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';

export interface HeldClaim {
  /** Somebody has taken the claim over: nothing of it may be sent any more. */
  isLost(): boolean;
  /** Ends the renewal; the lease runs out by itself. */
  end(): void;
}

/** Renews the lease of a claim until `end`. */
export function holdClaim(
  db: Queryable,
  claim: OutboxClaim,
  { leaseMs, logger }: { leaseMs: number; logger: Logger },
): HeldClaim {
  let lost = false;
  const renewing = setInterval(() => {
    void renewClaim(db, { ...claim, leaseMs })
      .then((ours) => void (lost ||= !ours))
      .catch((error: unknown) => logger.warn('A claim of the outbox could not be renewed', { error }));
  }, leaseMs / 3);
  return { isLost: () => lost, end: () => clearInterval(renewing) };
}
