import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { TokenLocks } from '../../db/tokens/tokenLocks.js';
import type { ReadToken } from '../../db/tokens/tokens.js';
import type { Config } from '../../platform/config/config.js';
import { withDeadline } from '../../platform/deadline.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { OAuth } from '../oauth/oauth.js';
import { createKnownTokens, type AccessToken, type KnownToken } from './knownTokens.js';
import type { KeepGrant } from './keepGrant.js';
import { createRefresher, type RefreshMetrics } from './refresher.js';
import { createTokenUse, type Keeper } from './tokenUse.js';

/*
 * The access tokens of portals. A token is used from memory while it is fresh; shortly before its end a caller has it
 * refreshed without waiting, and after its end waits. However many ask, in however many processes, it is
 * refreshed once (refresher.ts).
 */

export interface Tokens {
  /**
   * The portal's access token. Throws an AppError: `not_found` (not connected), `conflict` (disconnected, or it must be
   * authorised anew), `unavailable` with `retryAfterMs` (it is being refreshed, or a refresh failed and is tried again
   * later). Waits at most `waitMs`.
   */
  accessToken(portalId: number, options?: { waitMs?: number }): Promise<AccessToken>;
  /**
   * HubSpot refused the token of version `ifVersion`: gives a newer one, by a refresh if nobody has one yet. Throws as
   * `accessToken` does, and `conflict` when HubSpot refuses a token that it granted only just now, for then another
   * would not help.
   */
  refreshNow(portalId: number, options: { ifVersion: number; waitMs?: number }): Promise<AccessToken>;
  /**
   * Refreshes the token of version `ifVersion` unless a newer one is there; waits for it as long as it takes. Throws as
   * `accessToken` does.
   */
  renew(portalId: number, options: { ifVersion: number }): Promise<void>;
  /** Drops what is in memory: the next call reads the row. */
  forget(portalId: number): void;
  /** The portal's time zone as far as it is known here; its day is what HubSpot's daily limit counts. */
  timeZone(portalId: number): string;
  /** Waits for refreshes that are out: a new refresh token that is not stored is lost. */
  stop(): Promise<void>;
}

/** A token that ends within this is not begun with: HubSpot would refuse it on arrival. */
const EXPIRY_MARGIN_MS = 5000;
const WAIT_MS = 10_000;
const RETRY_MS = 1000;

export function createTokens(deps: {
  pool: Pool;
  readToken: ReadToken;
  portalResolver: PortalResolver;
  sealing: Sealing;
  grants: KeepGrant;
  oauth: OAuth;
  locks: TokenLocks;
  config: Pick<Config, 'HUBSPOT_PRIVATE_APP_TOKEN' | 'HUBSPOT_PORTAL_ID' | 'TOKEN_REFRESH_BEFORE_MS'> &
    Partial<Pick<Config, 'HUBSPOT_CLIENT_ID'>>;
  logger: Logger;
  metrics?: RefreshMetrics;
  keeper?: Keeper;
  random?: () => number;
}): Tokens {
  const { logger } = deps;
  const known = createKnownTokens(deps);
  const use = createTokenUse(deps);
  const refresher = createRefresher({
    ...deps,
    clientId: deps.config.HUBSPOT_CLIENT_ID,
    onReauth: ({ portalId }) => {
      known.forget(portalId);
      use.changed(portalId);
    },
  });

  /** Has the token replaced unless it has another version already, and reads what is there then. */
  async function replaced(token: KnownToken, force: boolean): Promise<KnownToken> {
    const { portal, version } = token;
    const { portalId } = portal;
    try {
      await refresher.refresh(portal, { ifVersion: version, force });
    } catch (error) {
      // Until it may be tried again nobody here asks the database whether it may.
      const retryAfterMs = error instanceof AppError ? error.details.retryAfterMs : RETRY_MS;
      if (retryAfterMs !== undefined) known.cool(token, retryAfterMs);
      throw error;
    }
    known.drop(portalId, version);
    const fresh = await known.read(portalId);
    if (fresh.version !== version) return fresh;
    // A read that began before the refresh was stored.
    known.drop(portalId, version);
    return known.readAnew(portalId);
  }

  /** Its end is near: a caller does not wait for the next one. */
  function refreshInBackground(token: KnownToken): void {
    const { portalId } = token.portal;
    if (refresher.busy(portalId)) return;
    replaced(token, false).catch((error: unknown) => {
      if (!(error instanceof AppError) && !isTransientDatabaseError(error))
        logger.error('A token could not be refreshed', { portalId, error });
    });
  }

  return {
    async accessToken(portalId, { waitMs = WAIT_MS } = {}) {
      const token = await known.get(portalId);
      use.note(token);
      const now = performance.now();
      const leftMs = token.endsAt - now;
      const mayRefresh = token.refreshable && token.coolUntil <= now;
      if (leftMs > EXPIRY_MARGIN_MS) {
        if (mayRefresh && token.dueAt <= now) refreshInBackground(token);
        return token;
      }
      if (mayRefresh) return within(waitMs, replaced(token, false));
      if (token.refreshable)
        throw new AppError('unavailable', 'The token cannot be refreshed at the moment', {
          retryAfterMs: Math.ceil(token.coolUntil - now),
        });
      throw new AppError(
        'conflict',
        `The access token of portal ${portalId} has expired. Connect the portal again.`,
      );
    },

    async refreshNow(portalId, { ifVersion, waitMs = WAIT_MS }) {
      known.forget(portalId);
      const token = await known.read(portalId);
      if (token.version !== ifVersion) return token;
      if (!token.refreshable)
        throw new AppError(
          'conflict',
          `HubSpot refuses the access token of portal ${portalId}. Connect the portal again.`,
        );
      return within(waitMs, replaced(token, true));
    },

    async renew(portalId, { ifVersion }) {
      const token = await known.read(portalId);
      if (token.version === ifVersion && token.refreshable) await replaced(token, false);
    },

    forget: (portalId) => known.forget(portalId),
    timeZone: (portalId) => known.timeZone(portalId) ?? 'UTC',
    stop: () => refresher.stop(),
  };
}

/** The refresh goes on when its caller waits no longer; the refresher logs how it ends. */
function within<T>(waitMs: number, work: Promise<T>): Promise<T> {
  return withDeadline(
    work,
    waitMs,
    () => new AppError('unavailable', 'The token is being refreshed', { retryAfterMs: RETRY_MS }),
  );
}
