import type { Clock } from './clock.js';
import type { Portal } from './portals.js';
import { randomText, type Random } from './random.js';

export interface AccessToken {
  portal: Portal;
  /** Monotonic; Infinity for a private app's token. */
  expiresAtMs: number;
  expiresAtEpochMs: number;
}

export interface Installation {
  portalId: number;
  accessToken: string;
  refreshToken: string;
  expiresIn: number | null;
}

export type TokenCheck =
  | { kind: 'valid'; portal: Portal }
  | { kind: 'expired'; portal: Portal; agoMs: number; expiredAtEpochMs: number }
  | { kind: 'missing' }
  | { kind: 'unknown' };

/** Who holds a token of which portal. The authorize page and the token endpoints will issue from here, too. */
export class Tokens {
  private readonly access = new Map<string, AccessToken>();
  private readonly refresh = new Map<string, Portal>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  install(portal: Portal, lifetimeSeconds: number | null): Installation {
    const lifetimeMs = lifetimeSeconds === null ? Infinity : lifetimeSeconds * 1000;
    const prefix = lifetimeSeconds === null ? 'pat-na1-' : 'CSB';
    const accessToken = prefix + randomText(this.random, 48);
    const refreshToken = `na1-${randomText(this.random, 36)}`;
    this.access.set(accessToken, {
      portal,
      expiresAtMs: this.clock.now() + lifetimeMs,
      expiresAtEpochMs: this.clock.epochMs() + lifetimeMs,
    });
    this.refresh.set(refreshToken, portal);
    portal.installed = true;
    return { portalId: portal.portalId, accessToken, refreshToken, expiresIn: lifetimeSeconds };
  }

  check(authorization: string | undefined): TokenCheck {
    const text = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) return { kind: 'missing' };
    const token = this.access.get(text);
    if (!token) return { kind: 'unknown' };
    const agoMs = this.clock.now() - token.expiresAtMs;
    if (agoMs < 0) return { kind: 'valid', portal: token.portal };
    return { kind: 'expired', portal: token.portal, agoMs, expiredAtEpochMs: token.expiresAtEpochMs };
  }
}
