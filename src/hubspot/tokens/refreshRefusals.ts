import type { Pool } from '../../db/pool.js';
import { requireReauth } from '../../db/portals/requireReauth.js';
import type { TokenLocks } from '../../db/tokens/tokenLocks.js';
import { noteRefreshFailure, type TokenRow } from '../../db/tokens/tokens.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { coolDownMs } from '../../domain/tokens/cooldown.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { OAuthFailure } from '../oauth/oauth.js';

interface Dependencies {
  readonly pool: Pool;
  readonly locks: TokenLocks;
  readonly logger: Logger;
  readonly random: () => number;
  /** Our app. */
  readonly clientId: string | undefined;
  readonly onReauth: (portal: PortalId) => void;
  /** The portal's row as it is now; throws where the portal may not be used. */
  readonly current: (portal: PortalId) => Promise<TokenRow>;
}

/**
 * What a refresh that failed comes to: a pause that grows, or a portal that needs a new authorisation. Throws the
 * error for the callers of the refresh, unless the portal has a newer token by now.
 */
export function createRefusals({
  pool,
  locks,
  logger,
  random,
  onReauth,
  current,
  clientId,
}: Dependencies): (row: TokenRow, failure: OAuthFailure) => Promise<void> {
  /**
   * HubSpot calls the token of another app a bad one. Whoever starts with the settings of another app would lose each
   * of its portals for it.
   */
  function ofOtherApp({ grantedTo }: TokenRow): boolean {
    return clientId !== undefined && grantedTo !== null && grantedTo !== clientId;
  }

  async function gone(row: TokenRow, failure: OAuthFailure): Promise<void> {
    if (await requireReauth(pool, row, failure)) {
      crashPoint('tokens.reauth.required');
      logger.error('A portal needs a new authorisation; everything of it is paused', {
        portalId: row.portalId,
        code: failure.code,
      });
      onReauth(row);
    }
    // Either it says so itself now, or somebody has installed it anew meanwhile.
    const after = await current(row);
    if (after.version === row.version)
      throw new AppError('conflict', `HubSpot refused the refresh token of portal ${row.portalId}`);
  }

  return async (row, refused) => {
    const { portalId } = row;
    const failure = refused.class === 'gone' && ofOtherApp(row) ? { ...refused, ...OTHER_APP } : refused;
    // Our lock went before it was sent: somebody else may be at it.
    if (failure.code === 'not_sent' && !locks.holds(portalId)) throw notNow(1000);
    if (failure.class === 'gone') return gone(row, failure);
    const waitMs = coolDownMs(failure.class, row.refreshFailures + 1, {
      retryAfterMs: failure.retryAfterMs,
      random,
    });
    const error = `${failure.class}: ${failure.code ?? `status ${failure.status}`}`;
    await noteRefreshFailure(pool, row, { error, coolDownMs: waitMs });
    crashPoint('tokens.refresh.put-off');
    logger.log(failure.class === 'configuration' ? 'error' : 'warn', 'A token could not be refreshed', {
      portalId,
      class: failure.class,
      status: failure.status,
      code: failure.code,
      ...(failure.code === OTHER_APP.code && { reason: OTHER_APP.message }),
      failures: row.refreshFailures + 1,
      nextInMs: waitMs,
    });
    throw notNow(waitMs);
  };
}

const OTHER_APP = {
  class: 'configuration',
  code: 'OTHER_APP',
  message: 'The token was granted to another app than that of HUBSPOT_CLIENT_ID',
} as const;

/** It may be tried again after so long. */
export function notNow(retryAfterMs: number): AppError {
  return new AppError('unavailable', 'The token cannot be refreshed at the moment', {
    retryAfterMs: Math.ceil(retryAfterMs),
  });
}
