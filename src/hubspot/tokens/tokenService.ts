import type { Config } from '../../platform/config/config.js';
import { createDataKeys } from '../../db/secrets/dataKeys.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { createTokenReader } from '../../db/tokens/tokens.js';
import { createTokenLocks } from '../../db/tokens/tokenLocks.js';
import type { PortalId } from '../../domain/portals/portal.js';
import type { Logger } from '../../platform/logger.js';
import type { Permit } from '../budget/permit.js';
import { createOAuth, type OAuth, type OAuthMetrics } from '../oauth/oauth.js';
import type { RefreshMetrics } from './refresher.js';
import { createSealing, type Sealing } from '../../secrets/sealing.js';
import { createKeepGrant, type KeepGrant } from './keepGrant.js';
import type { TokenJournal } from './tokenJournal.js';
import { createTokens, type Tokens } from './tokens.js';
import type { Keeper } from './tokenUse.js';
import type { Transport } from '../wire/transport.js';

export interface TokenService {
  readonly sealing: Sealing;
  readonly oauth: OAuth;
  readonly tokens: Tokens;
  /** Stores what could not be stored when it was granted, longer ago than that. To be called now and then. */
  readonly storeGrantsLeft: KeepGrant['storeAllLeft'];
  /** Waits for refreshes that are out, then lets the locks go. */
  stop(): Promise<void>;
}

/** Everything that the tokens of portals need, put together for one process. */
export function createTokenService(deps: {
  pool: Pool;
  portalResolver: PortalResolver;
  transport: Transport;
  config: Config;
  logger: Logger;
  metrics?: OAuthMetrics & RefreshMetrics;
  keeper?: Keeper;
  acquire?: (portalId: number, signal: AbortSignal) => Promise<Permit>;
  /** Where grants are kept over restarts until they are stored. */
  journal?: TokenJournal | undefined;
}): TokenService {
  const { pool, config, logger } = deps;
  const sealing = createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool));
  const oauth = createOAuth(deps);
  const locks = createTokenLocks(config, logger);
  const onRevived = ({ portalId }: PortalId): void => {
    tokens.forget(portalId);
    deps.keeper
      ?.notifyChanged(portalId)
      .catch((error: unknown) =>
        logger.warn('The keeper of a token could not be reached; it looks by itself', { portalId, error }),
      );
  };
  const clientId = config.HUBSPOT_CLIENT_ID;
  const grants = createKeepGrant({ pool, sealing, logger, clientId, journal: deps.journal, onRevived });
  const tokens = createTokens({
    ...deps,
    ...{ readToken: createTokenReader(pool), sealing, grants, oauth, locks },
  });
  return {
    sealing,
    oauth,
    tokens,
    storeGrantsLeft: (olderThanMs, stopping) => grants.storeAllLeft(olderThanMs, stopping),
    async stop() {
      await tokens.stop();
      await locks.stop();
    },
  };
}
