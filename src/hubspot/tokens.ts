import type { Config } from '../config.js';
import { findPortalToken } from '../db/portals.js';
import type { Queryable } from '../db/pool.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import { accessTokenPlace } from '../db/sealedColumns.js';
import type { Sealing } from './sealing.js';

export interface Tokens {
  /** The portal's access token. Throws an AppError when the portal is not connected or its token cannot be used. */
  accessToken(portalId: number): Promise<Secret>;
  /** Drops what is cached: the next call reads the row again. For a token that HubSpot refused. */
  forget(portalId: number): void;
  /** The portal's time zone as far as it is known here; its day is what HubSpot's daily limit counts. */
  timeZone(portalId: number): string;
}

interface Cached {
  token: Secret;
  timeZone: string;
  /** Monotonic. */
  until: number;
}

const CACHE_MS = 60_000;
/** A token that ends within this is not begun with: HubSpot would refuse it on arrival. */
const EXPIRY_MARGIN_MS = 5000;
const MAX_CACHED = 20_000;

export function createTokens(deps: {
  pool: Queryable;
  sealing: Sealing;
  config: Pick<Config, 'HUBSPOT_PRIVATE_APP_TOKEN' | 'HUBSPOT_PORTAL_ID'>;
}): Tokens {
  const { pool, sealing, config } = deps;
  const cache = new Map<number, Cached>();
  const reading = new Map<number, Promise<Cached>>();

  async function read(portalId: number): Promise<Cached> {
    const row = await findPortalToken(pool, portalId);
    const ownToken = portalId === config.HUBSPOT_PORTAL_ID ? config.HUBSPOT_PRIVATE_APP_TOKEN : undefined;
    // While it is being disconnected, HubSpot is still told what becomes of what waits.
    if (row && row.state !== 'active' && row.state !== 'disconnecting') {
      const why = row.stateReason ? `: ${row.stateReason}` : '';
      throw new AppError(
        'conflict',
        `Portal ${portalId} is ${row.state === 'disconnected' ? 'disconnected' : 'in need of a new authorisation'}${why}`,
      );
    }
    if (row?.accessTokenSealed) {
      if (row.expiresInMs !== null && row.expiresInMs <= EXPIRY_MARGIN_MS) {
        throw new AppError(
          'conflict',
          `The access token of portal ${portalId} has expired. Connect the portal again.`,
        );
      }
      const token = await sealing.open(row.accessTokenSealed, accessTokenPlace(row.workspaceId, portalId));
      const usableMs = row.expiresInMs === null ? CACHE_MS : row.expiresInMs - EXPIRY_MARGIN_MS;
      return { token, timeZone: row.timeZone, until: performance.now() + Math.min(CACHE_MS, usableMs) };
    }
    if (ownToken)
      return { token: ownToken, timeZone: row?.timeZone ?? 'UTC', until: performance.now() + CACHE_MS };
    throw new AppError('not_found', `Portal ${portalId} is not connected`);
  }

  /** One read at a time and portal, whoever asks. One that was forgotten meanwhile is used, but not kept. */
  function readOnce(portalId: number): Promise<Cached> {
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

  return {
    async accessToken(portalId) {
      const cached = cache.get(portalId);
      if (cached && cached.until > performance.now()) return cached.token;
      return (await readOnce(portalId)).token;
    },
    forget(portalId) {
      cache.delete(portalId);
      reading.delete(portalId);
    },
    timeZone: (portalId) => cache.get(portalId)?.timeZone ?? 'UTC',
  };
}
