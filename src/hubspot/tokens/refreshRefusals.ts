import type { Pool } from '../../db/pool.js';
import { requireReauth } from '../../db/portals/requireReauth.js';
import type { TokenLocks } from '../../db/tokens/tokenLocks.js';
import { noteRefreshFailure, type TokenRow } from '../../db/tokens/tokens.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { coolDownMs } from '../../domain/tokens/cooldown.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import { createKeyedBackoff } from '../../platform/keyedBackoff.js';
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

export interface Refusals {
  /**
   * What a refresh that failed comes to: a pause that grows, or a portal that needs a new authorisation. Throws the
   * error for the callers of the refresh, unless the portal has a newer token by now.
   */
  readonly refused: (row: TokenRow, failure: OAuthFailure) => Promise<void>;
  /** For how long this process alone leaves the token alone: it was granted to another app than its own. */
  readonly leftAloneMs: (row: TokenRow) => number;
}

export function createRefusals({
  pool,
  locks,
  logger,
  random,
  onReauth,
  current,
  clientId,
}: Dependencies): Refusals {
  const alone = createKeyedBackoff({ firstMs: FIRST_ALONE_MS, maxMs: MAX_ALONE_MS, random });

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

  /**
   * The token is another app's: no word about the portal, whose own processes go on, and a pause for this one alone.
   * The portal shows the failure until one of those has refreshed it.
   */
  async function notOurs(row: TokenRow): Promise<never> {
    const { portalId } = row;
    const waitMs = alone.failed(String(portalId));
    await noteRefreshFailure(pool, row, { error: `${OTHER_APP.class}: ${OTHER_APP.code}`, coolDownMs: null });
    logger.error(
      'A token could not be refreshed: it was granted to another app than that of HUBSPOT_CLIENT_ID',
      {
        ...{ portalId, grantedTo: row.grantedTo, code: OTHER_APP.code, nextInMs: waitMs },
      },
    );
    throw notNow(waitMs);
  }

  async function refused(row: TokenRow, failure: OAuthFailure): Promise<void> {
    const { portalId } = row;
    if (DECIDED.has(failure.class) && ofOtherApp(row)) return notOurs(row);
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
      failures: row.refreshFailures + 1,
      nextInMs: waitMs,
    });
    throw notNow(waitMs);
  }

  return { refused, leftAloneMs: (row) => (ofOtherApp(row) ? alone.leftMs(String(row.portalId)) : 0) };
}

/** HubSpot has answered, and it was no. */
const DECIDED: ReadonlySet<OAuthFailure['class']> = new Set(['gone', 'restart', 'configuration']);
const OTHER_APP = { class: 'configuration', code: 'OTHER_APP' } as const;
const FIRST_ALONE_MS = 30_000;
const MAX_ALONE_MS = 300_000;

/** It may be tried again after so long. */
export function notNow(retryAfterMs: number): AppError {
  return new AppError('unavailable', 'The token cannot be refreshed at the moment', {
    retryAfterMs: Math.ceil(retryAfterMs),
  });
}
