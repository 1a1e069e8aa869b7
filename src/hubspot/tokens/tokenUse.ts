import type { Pool } from '../../db/pool.js';
import { noteUse } from '../../db/tokens/tokens.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createCache } from '../../platform/cache.js';
import type { Logger } from '../../platform/logger.js';
import type { KnownToken } from './knownTokens.js';

/** Whatever keeps the tokens of portals in use fresh (workflow tokenKeeper). */
export interface Keeper {
  /** The portal is in use: sees to it that its keeper runs. */
  ensureRunning(portalId: number): Promise<void>;
  /** The portal's state has changed. */
  notifyChanged(portalId: number): Promise<void>;
}

/** Notes which tokens are in use, so that their keepers run. */
export interface TokenUse {
  /** Idle portals cost nothing, and those in use a statement in some minutes. */
  note(token: KnownToken): void;
  /** The portal's state has changed: its keeper looks at once. */
  changed(portalId: number): void;
}

const NOTE_USE_EVERY_MS = 5 * 60_000;
const MAX_NOTED = 20_000;

export function createTokenUse({
  pool,
  keeper,
  logger,
}: {
  pool: Pool;
  keeper?: Keeper | undefined;
  logger: Logger;
}): TokenUse {
  const noted = createCache<number, number>({ max: MAX_NOTED });

  const notReached = (portalId: number) => (error: unknown) =>
    logger.warn('The keeper of a token could not be reached; the next use of the token refreshes it', {
      portalId,
      error,
    });

  return {
    note({ portal, refreshable }) {
      if (!refreshable) return;
      const before = noted.get(portal.portalId);
      if (before !== undefined && performance.now() - before < NOTE_USE_EVERY_MS) return;
      noted.set(portal.portalId, performance.now());
      noteUse(pool, portal, NOTE_USE_EVERY_MS * 0.8)
        .then(async (news) => {
          crashPoint('tokens.use.noted');
          // The process that is the first to note it, and each once at its start, should the keeper have been ended
          // from outside.
          if (news || before === undefined) await keeper?.ensureRunning(portal.portalId);
        })
        .catch(notReached(portal.portalId));
    },

    changed(portalId) {
      keeper?.notifyChanged(portalId).catch(notReached(portalId));
    },
  };
}
