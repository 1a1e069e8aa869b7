import type { Config } from '../../platform/config/config.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { accessTokenContext } from '../../secrets/encryptionContext.js';
import type { TokenLocks } from '../../db/tokens/tokenLocks.js';
import { noteUse, type ReadToken } from '../../db/tokens/tokens.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { Secret } from '../../platform/secret.js';
import type { OAuth } from '../oauth/oauth.js';
import { createRefresher, refuseUnusable, type RefreshMetrics } from './refresher.js';
import type { Sealing } from '../../secrets/sealing.js';

/*
 * The access tokens of portals. A token is used from memory while it is fresh; shortly before its end whoever uses it
 * has it refreshed without waiting, and after its end waits. However many ask, in however many processes, it is
 * refreshed once (refresher.ts).
 */

export interface AccessToken {
  readonly secret: Secret;
  /** Which of the portal's tokens it is: grows with each that is stored. */
  readonly version: number;
}

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

/** Whatever keeps the tokens of portals in use fresh (workflow tokenKeeper). */
export interface Keeper {
  /** The portal is in use: sees to it that its keeper runs. */
  ensureRunning(portalId: number): Promise<void>;
  /** The portal's state has changed. */
  notifyChanged(portalId: number): Promise<void>;
}

interface Known extends AccessToken {
  readonly portal: PortalId;
  readonly timeZone: string;
  /** Monotonic: until when the row is believed, when the token ends, and until when no refresh may be tried. */
  readonly until: number;
  readonly endsAt: number;
  readonly coolUntil: number;
  readonly refreshable: boolean;
}

/** How old what a process knows of a row may be: so long a disconnect elsewhere may go unnoticed. */
const CACHE_TTL_MS = 30_000;
/** A token that ends within this is not begun with: HubSpot would refuse it on arrival. */
const EXPIRY_MARGIN_MS = 5000;
const WAIT_MS = 10_000;
const RETRY_MS = 1000;
const NOTE_USE_EVERY_MS = 5 * 60_000;
const MAX_CACHED = 20_000;

export function createTokens(deps: {
  pool: Pool;
  readToken: ReadToken;
  portalResolver: PortalResolver;
  sealing: Sealing;
  oauth: OAuth;
  locks: TokenLocks;
  config: Pick<Config, 'HUBSPOT_PRIVATE_APP_TOKEN' | 'HUBSPOT_PORTAL_ID' | 'TOKEN_REFRESH_BEFORE_MS'>;
  logger: Logger;
  metrics?: RefreshMetrics;
  keeper?: Keeper;
  random?: () => number;
}): Tokens {
  const { pool, portalResolver, sealing, config, logger, keeper } = deps;
  const cache = new Map<number, Known>();
  const reading = new Map<number, Promise<Known>>();
  const noted = new Map<number, number>();
  const refresher = createRefresher({
    ...deps,
    onReauth: ({ portalId }) => {
      forget(portalId);
      keeper?.notifyChanged(portalId).catch(notReached(portalId));
    },
  });

  async function read(portalId: number): Promise<Known> {
    const ownToken = portalId === config.HUBSPOT_PORTAL_ID ? config.HUBSPOT_PRIVATE_APP_TOKEN : undefined;
    const entry = await portalResolver.find(portalId);
    const row = entry && (await deps.readToken({ workspaceId: entry.workspaceId, portalId }));
    if (row) refuseUnusable(row);
    const portal = { workspaceId: row?.workspaceId ?? '', portalId };
    const base = {
      portal,
      timeZone: row?.timeZone ?? 'UTC',
      until: performance.now() + CACHE_TTL_MS,
      version: row?.version ?? 0,
    };
    if (row?.accessTokenSealed) {
      const secret = await sealing.open(row.accessTokenSealed, accessTokenContext(row.workspaceId, portalId));
      const now = performance.now();
      return {
        ...base,
        secret,
        endsAt: row.expiresInMs === null ? Infinity : now + row.expiresInMs,
        coolUntil: now + (row.coolDownMs ?? 0),
        refreshable: row.refreshTokenSealed !== null,
      };
    }
    if (ownToken) return { ...base, secret: ownToken, endsAt: Infinity, coolUntil: 0, refreshable: false };
    throw new AppError('not_found', `Portal ${portalId} is not connected`);
  }

  /** One read at a time and portal, whoever asks. One that was forgotten meanwhile is used, but not kept. */
  function readOnce(portalId: number): Promise<Known> {
    const running = reading.get(portalId);
    if (running) return running;
    const started = read(portalId)
      .then((fresh) => {
        if (reading.get(portalId) !== started) return fresh;
        if (cache.size >= MAX_CACHED) cache.clear();
        cache.set(portalId, fresh);
        return fresh;
      })
      .finally(() => {
        if (reading.get(portalId) === started) reading.delete(portalId);
      });
    reading.set(portalId, started);
    return started;
  }

  function forget(portalId: number): void {
    cache.delete(portalId);
    reading.delete(portalId);
    portalResolver.forget(portalId);
  }

  async function known(portalId: number): Promise<Known> {
    const cached = cache.get(portalId);
    return cached && cached.until > performance.now() ? cached : readOnce(portalId);
  }

  /** Has the token replaced unless it has another version already, and reads what is there then. */
  async function replaced(token: Known, force: boolean): Promise<Known> {
    const { portal, version } = token;
    const { portalId } = portal;
    try {
      await refresher.refresh(portal, { ifVersion: version, force });
    } catch (error) {
      // Until it may be tried again nobody here asks the database whether it may.
      const retryAfterMs = error instanceof AppError ? error.details.retryAfterMs : RETRY_MS;
      if (retryAfterMs !== undefined && cache.get(portalId) === token)
        cache.set(portalId, { ...token, coolUntil: performance.now() + retryAfterMs });
      throw error;
    }
    drop(portalId, version);
    const fresh = await readOnce(portalId);
    if (fresh.version !== version) return fresh;
    // A read that began before the refresh was stored.
    drop(portalId, version);
    reading.delete(portalId);
    return readOnce(portalId);
  }

  /** Of those who waited for the same refresh the first reads; the others wait for that. */
  function drop(portalId: number, version: number): void {
    if (cache.get(portalId)?.version === version) cache.delete(portalId);
  }

  /** Its end is near: whoever uses it does not wait for the next one. */
  function refreshInBackground(token: Known): void {
    const { portalId } = token.portal;
    if (refresher.busy(portalId)) return;
    replaced(token, false).catch((error: unknown) => {
      if (!(error instanceof AppError) && !isTransientDatabaseError(error))
        logger.error('A token could not be refreshed', { portalId, error });
    });
  }

  /** Idle portals cost nothing, and those in use a statement in some minutes. */
  function inUse({ portal, refreshable }: Known): void {
    if (!refreshable) return;
    const before = noted.get(portal.portalId);
    if (before !== undefined && performance.now() - before < NOTE_USE_EVERY_MS) return;
    if (noted.size >= MAX_CACHED) noted.clear();
    noted.set(portal.portalId, performance.now());
    noteUse(pool, portal, NOTE_USE_EVERY_MS * 0.8)
      .then(async (news) => {
        // The process that is the first to note it, and each once at its start, should the keeper have been ended from
        // outside.
        if (news || before === undefined) await keeper?.ensureRunning(portal.portalId);
      })
      .catch(notReached(portal.portalId));
  }

  const notReached = (portalId: number) => (error: unknown) =>
    logger.warn('The keeper of a token could not be reached; the next use of the token refreshes it', {
      portalId,
      error,
    });

  return {
    async accessToken(portalId, { waitMs = WAIT_MS } = {}) {
      const token = await known(portalId);
      inUse(token);
      const now = performance.now();
      const leftMs = token.endsAt - now;
      const mayRefresh = token.refreshable && token.coolUntil <= now;
      if (leftMs > EXPIRY_MARGIN_MS) {
        if (mayRefresh && leftMs < config.TOKEN_REFRESH_BEFORE_MS) refreshInBackground(token);
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
      forget(portalId);
      const token = await readOnce(portalId);
      if (token.version !== ifVersion) return token;
      if (!token.refreshable)
        throw new AppError(
          'conflict',
          `HubSpot refuses the access token of portal ${portalId}. Connect the portal again.`,
        );
      return within(waitMs, replaced(token, true));
    },

    async renew(portalId, { ifVersion }) {
      const token = await readOnce(portalId);
      if (token.version === ifVersion && token.refreshable) await replaced(token, false);
    },

    forget,
    timeZone: (portalId) => cache.get(portalId)?.timeZone ?? 'UTC',
    stop: () => refresher.stop(),
  };
}

/** The refresh goes on when its caller waits no longer. */
async function within<T>(waitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('unavailable', 'The token is being refreshed', { retryAfterMs: 1000 })),
      waitMs,
    );
  });
  work.catch(() => undefined); // when it fails after that, nobody is left to hear of it; the refresher has logged it
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
