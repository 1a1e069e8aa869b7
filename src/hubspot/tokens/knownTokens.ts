import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { ReadToken, TokenRow } from '../../db/tokens/tokens.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { refreshDueInMs } from '../../domain/tokens/refreshDue.js';
import { createCache } from '../../platform/cache.js';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Secret } from '../../platform/secret.js';
import { accessTokenContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import { refuseUnusable } from './refuseUnusable.js';

export interface AccessToken {
  readonly secret: Secret;
  /** Which of the portal's tokens it is: grows with each that is stored. */
  readonly version: number;
  /** Who has the portal, by the row that the token was read from. */
  readonly portal: Pick<PortalId, 'workspaceId'>;
}

/** A token as this process knows it. */
export interface KnownToken extends AccessToken {
  readonly portal: PortalId;
  readonly timeZone: string;
  /** Monotonic: when the token is to be refreshed, when it ends, and until when no refresh may be tried. */
  readonly dueAt: number;
  readonly endsAt: number;
  coolUntil: number;
  readonly refreshable: boolean;
}

/** The tokens in this process's memory, read from their rows when they are asked for. */
export interface KnownTokens {
  /** The token in memory, else the row's. Throws an AppError where the portal has none that may be used. */
  get(portalId: number): Promise<KnownToken>;
  /** The row's token. Those who ask at once share one read; what was forgotten meanwhile is used, but not kept. */
  read(portalId: number): Promise<KnownToken>;
  /** The row's token as it is from now on: a read that is under way is too old. */
  readAnew(portalId: number): Promise<KnownToken>;
  /** As it was when the row was last read, however long ago. */
  timeZone(portalId: number): string | undefined;
  /** Until then no refresh of this token may be tried. */
  cool(token: KnownToken, forMs: number): void;
  /** Drops this version. Of those who waited for the same refresh the first reads; the others wait for that. */
  drop(portalId: number, version: number): void;
  forget(portalId: number): void;
}

/** How old what a process knows of a row may be: so long a disconnect elsewhere may go unnoticed. */
const CACHE_TTL_MS = 30_000;
const MAX_CACHED = 20_000;

export function createKnownTokens(deps: {
  readToken: ReadToken;
  portalResolver: PortalResolver;
  sealing: Sealing;
  config: Pick<Config, 'HUBSPOT_PRIVATE_APP_TOKEN' | 'HUBSPOT_PORTAL_ID' | 'TOKEN_REFRESH_BEFORE_MS'>;
}): KnownTokens {
  const { portalResolver, sealing, config } = deps;
  const cache = createCache<number, KnownToken>({ max: MAX_CACHED, ttlMs: CACHE_TTL_MS });
  const timeZones = createCache<number, string>({ max: MAX_CACHED });
  const reading = new Map<number, Promise<KnownToken>>();

  async function readRow(portalId: number): Promise<KnownToken> {
    const ownToken = portalId === config.HUBSPOT_PORTAL_ID ? config.HUBSPOT_PRIVATE_APP_TOKEN : undefined;
    const entry = await portalResolver.find(portalId);
    const row = entry && (await deps.readToken({ workspaceId: entry.workspaceId, portalId }));
    if (row) refuseUnusable(row);
    const portal = { workspaceId: row?.workspaceId ?? '', portalId };
    const base = {
      portal,
      timeZone: row?.timeZone ?? 'UTC',
      version: row?.version ?? 0,
    };
    if (row?.accessTokenSealed) {
      const secret = await sealing.open(row.accessTokenSealed, accessTokenContext(row.workspaceId, portalId));
      const now = performance.now();
      return {
        ...base,
        secret,
        dueAt: now + dueInMs(row, config.TOKEN_REFRESH_BEFORE_MS),
        endsAt: row.expiresInMs === null ? Infinity : now + row.expiresInMs,
        coolUntil: now + (row.coolDownMs ?? 0),
        refreshable: row.refreshTokenSealed !== null,
      };
    }
    if (ownToken)
      return {
        ...base,
        secret: ownToken,
        dueAt: Infinity,
        endsAt: Infinity,
        coolUntil: 0,
        refreshable: false,
      };
    throw new AppError('not_found', `Portal ${portalId} is not connected`);
  }

  function read(portalId: number): Promise<KnownToken> {
    const running = reading.get(portalId);
    if (running) return running;
    const started = readRow(portalId)
      .then((fresh) => {
        if (reading.get(portalId) === started) cache.set(portalId, fresh);
        timeZones.set(portalId, fresh.timeZone);
        return fresh;
      })
      .finally(() => {
        if (reading.get(portalId) === started) reading.delete(portalId);
      });
    reading.set(portalId, started);
    return started;
  }

  return {
    get: async (portalId) => cache.get(portalId) ?? read(portalId),
    read,
    readAnew(portalId) {
      reading.delete(portalId);
      return read(portalId);
    },
    timeZone: (portalId) => timeZones.get(portalId),
    cool(token, forMs) {
      const { portalId } = token.portal;
      // In place: the entry lives no longer for that.
      if (cache.get(portalId) === token) token.coolUntil = performance.now() + forMs;
    },
    drop(portalId, version) {
      if (cache.get(portalId)?.version === version) cache.delete(portalId);
    },
    forget(portalId) {
      cache.delete(portalId);
      reading.delete(portalId);
      portalResolver.forget(portalId);
    },
  };
}

function dueInMs({ expiresInMs, ageMs }: TokenRow, beforeMs: number): number {
  return expiresInMs === null ? Infinity : refreshDueInMs({ expiresInMs, ageMs }, beforeMs);
}
