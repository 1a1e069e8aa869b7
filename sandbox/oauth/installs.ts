import type { Clock } from '../platform/clock.js';
import type { Portal } from '../portals/portals.js';
import { randomText, type Random } from '../platform/random.js';
import type { Settings } from '../settings.js';

/** An app that many install, or one that a portal made for itself: the second has a daily limit and no expiry. */
export type AppKind = 'oauth' | 'private';

/** The app in one portal, from the click on Allow until it is uninstalled. */
export interface Install {
  portal: Portal;
  kind: AppKind;
  /** What the portal grants now. A token may do what it was issued for and the portal still grants. */
  scopes: ReadonlySet<string>;
  userId: number;
  user: string;
  installedAtEpochMs: number;
  ended: boolean;
  /** Those that are worth something, and a few of before. */
  access: AccessToken[];
  refresh: RefreshToken[];
}

export interface AccessToken {
  text: string;
  install: Install;
  scopes: readonly string[];
  issuedAtMs: number;
  /** Monotonic; Infinity for a private app's token. */
  expiresAtMs: number;
  expiresAtEpochMs: number;
}

export interface RefreshToken {
  text: string;
  install: Install;
  scopes: readonly string[];
  issuedAtMs: number;
  /** From then on it is worth nothing: after a rotation, or a revocation. */
  deadFromMs: number;
}

export interface Pair {
  access: AccessToken;
  refresh: RefreshToken;
}

export type TokenCheck =
  | { kind: 'valid'; token: AccessToken }
  | { kind: 'expired'; token: AccessToken; agoMs: number }
  | { kind: 'uninstalled'; token: AccessToken }
  | { kind: 'missing' }
  | { kind: 'unknown' };

const FIRST_USER_ID = 61_480_001;
/** As long as HubSpot's own, so that nobody gets away with a short column. */
const ACCESS_TOKEN_LENGTH = 292;

/** Who holds a token of which portal. */
export class Installs {
  private readonly access = new Map<string, AccessToken>();
  private readonly refresh = new Map<string, RefreshToken>();
  private nextUserId = FIRST_USER_ID;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: Settings,
  ) {}

  /** Installing again replaces what was granted, as HubSpot does; tokens of before go on with what is common to both. */
  install(portal: Portal, scopes: readonly string[], kind: AppKind = 'oauth'): Install {
    const known = portal.installs.get(kind);
    if (known) {
      known.scopes = new Set(scopes);
      return known;
    }
    const userId = this.nextUserId++;
    const install: Install = {
      portal,
      kind,
      scopes: new Set(scopes),
      userId,
      user: `user-${userId}@portal-${portal.portalId}.test`,
      installedAtEpochMs: this.clock.epochMs(),
      ended: false,
      access: [],
      refresh: [],
    };
    portal.installs.set(kind, install);
    return install;
  }

  issue(install: Install, scopes: readonly string[], lifetimeSeconds: number | null): Pair {
    const refresh: RefreshToken = {
      text: `na1-${randomText(this.random, 36)}`,
      install,
      scopes,
      issuedAtMs: this.clock.now(),
      deadFromMs: Infinity,
    };
    this.refresh.set(refresh.text, refresh);
    install.refresh = [...install.refresh.filter((token) => this.isAlive(token)), refresh];
    return { access: this.issueAccess(install, scopes, lifetimeSeconds), refresh };
  }

  /** The token that comes back is the one that was given, unless rotation is switched on. */
  renew(refresh: RefreshToken): Pair {
    const { tokenLifetimeSeconds, rotateRefreshTokens, rotationInvalidatesOldAfterMs } = this.settings;
    if (!rotateRefreshTokens) {
      return { access: this.issueAccess(refresh.install, refresh.scopes, tokenLifetimeSeconds), refresh };
    }
    refresh.deadFromMs = Math.min(refresh.deadFromMs, this.clock.now() + rotationInvalidatesOldAfterMs);
    return this.issue(refresh.install, refresh.scopes, tokenLifetimeSeconds);
  }

  findRefresh(text: string): RefreshToken | undefined {
    return this.refresh.get(text);
  }

  isAlive(token: RefreshToken): boolean {
    return !token.install.ended && this.clock.now() < token.deadFromMs;
  }

  /** Access tokens that were issued with it live on until they expire. */
  revoke(token: RefreshToken): void {
    token.deadFromMs = Math.min(token.deadFromMs, this.clock.now());
  }

  /** How many of the portal's refresh tokens are worth nothing from now on. */
  revokeAll(portal: Portal): number {
    const all = [...portal.installs.values()].flatMap((install) => install.refresh);
    const alive = all.filter((token) => this.isAlive(token));
    for (const token of alive) this.revoke(token);
    return alive.length;
  }

  /** All its tokens die at once, and will never live again. */
  uninstall(install: Install): void {
    install.ended = true;
    install.portal.installs.delete(install.kind);
  }

  /** The portal takes back, or gives, what its tokens may do. Tokens never get more than they were issued for. */
  setScopes(portal: Portal, scopes: readonly string[]): void {
    for (const install of portal.installs.values()) install.scopes = new Set(scopes);
  }

  /** A token of the app itself, which belongs to no portal. */
  inventAppToken(): string {
    return `CSB${randomText(this.random, ACCESS_TOKEN_LENGTH)}`;
  }

  findAccess(text: string): AccessToken | undefined {
    return this.access.get(text);
  }

  check(authorization: string | undefined): TokenCheck {
    const text = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) return { kind: 'missing' };
    const token = this.access.get(text);
    if (!token) return { kind: 'unknown' };
    if (token.install.ended) return { kind: 'uninstalled', token };
    const agoMs = this.clock.now() - token.expiresAtMs;
    return agoMs < 0 ? { kind: 'valid', token } : { kind: 'expired', token, agoMs };
  }

  /** The newest tokens of an installation, and how many of each kind are worth something. */
  summary(install: Install) {
    const nowMs = this.clock.now();
    const access = install.access.filter((token) => nowMs < token.expiresAtMs);
    const newest = access.at(-1);
    return {
      accessTokens: access.length,
      refreshTokens: install.refresh.filter((token) => this.isAlive(token)).length,
      newestIssuedMs: newest?.issuedAtMs ?? null,
      newestExpiresMs: newest && Number.isFinite(newest.expiresAtMs) ? newest.expiresAtMs : null,
    };
  }

  private issueAccess(
    install: Install,
    scopes: readonly string[],
    lifetimeSeconds: number | null,
  ): AccessToken {
    const lifetimeMs = lifetimeSeconds === null ? Infinity : lifetimeSeconds * 1000;
    const prefix = install.kind === 'private' ? 'pat-na1-' : 'CSB';
    const token: AccessToken = {
      text: prefix + randomText(this.random, install.kind === 'private' ? 36 : ACCESS_TOKEN_LENGTH),
      install,
      scopes,
      issuedAtMs: this.clock.now(),
      expiresAtMs: this.clock.now() + lifetimeMs,
      expiresAtEpochMs: this.clock.epochMs() + lifetimeMs,
    };
    this.access.set(token.text, token);
    const nowMs = this.clock.now();
    install.access = [...install.access.filter(({ expiresAtMs }) => nowMs < expiresAtMs), token];
    return token;
  }
}

/** What a token may do now. */
export function effectiveScopes(token: { install: Install; scopes: readonly string[] }): string[] {
  return token.scopes.filter((scope) => token.install.scopes.has(scope));
}
