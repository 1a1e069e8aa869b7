import type { Clock } from '../platform/clock.js';
import type { Portal } from '../portals/portal.js';
import { randomText, type Random } from '../platform/random.js';
import type { Settings } from '../settings.js';
import type { AccessToken, AppKind, Install, RefreshToken, TokenCheck, TokenPair } from './install.js';

const FIRST_USER_ID = 61_480_001;
/** As long as HubSpot's own tokens, so that a client with a short column fails. */
const ACCESS_TOKEN_LENGTH = 292;

/** The app's installations and their tokens. */
export class Installs {
  private readonly byPortal = new Map<Portal, Map<AppKind, Install>>();
  private readonly access = new Map<string, AccessToken>();
  private readonly refresh = new Map<string, RefreshToken>();
  private nextUserId = FIRST_USER_ID;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: Settings,
    /** Where the app comes to an account, or goes; a private app is its account's own. */
    private readonly changed: (portal: Portal, action: 'APP_INSTALL' | 'APP_UNINSTALL') => void = () =>
      undefined,
  ) {}

  /** Installing again replaces the granted scopes. Earlier tokens keep those that both grants have. */
  install(portal: Portal, scopes: readonly string[], kind: AppKind = 'oauth'): Install {
    const known = this.byPortal.get(portal)?.get(kind);
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
    this.byPortal.set(portal, new Map([...(this.byPortal.get(portal) ?? []), [kind, install]]));
    if (kind === 'oauth') this.changed(portal, 'APP_INSTALL');
    return install;
  }

  /** The app's installations in a portal, at most one of each kind. */
  of(portal: Portal): Install[] {
    return [...(this.byPortal.get(portal)?.values() ?? [])];
  }

  issue(install: Install, scopes: readonly string[], lifetimeSeconds: number | null): TokenPair {
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

  /** Answers the same refresh token, unless rotation is switched on (docs/hubspot.md#oauth-and-tokens). */
  renew(refresh: RefreshToken): TokenPair {
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

  /** Access tokens that were issued with it stay valid until they expire (docs/hubspot.md#oauth-and-tokens). */
  revoke(token: RefreshToken): void {
    token.deadFromMs = Math.min(token.deadFromMs, this.clock.now());
  }

  /** Revokes the portal's refresh tokens, and returns how many they were. */
  revokeAll(portal: Portal): number {
    const all = this.of(portal).flatMap((install) => install.refresh);
    const alive = all.filter((token) => this.isAlive(token));
    for (const token of alive) this.revoke(token);
    return alive.length;
  }

  /** All its tokens become invalid at once, for good. */
  uninstall(install: Install): void {
    install.ended = true;
    this.byPortal.get(install.portal)?.delete(install.kind);
    if (install.kind === 'oauth') this.changed(install.portal, 'APP_UNINSTALL');
  }

  /** Changes what the portal grants. A token never gets more scopes than it was issued with. */
  setScopes(portal: Portal, scopes: readonly string[]): void {
    for (const install of this.of(portal)) install.scopes = new Set(scopes);
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

  /** The newest access token of an installation, and how many of its tokens are valid. */
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
