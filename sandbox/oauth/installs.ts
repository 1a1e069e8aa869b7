import type { Clock } from '../platform/clock.js';
import type { Portal } from '../portals/portal.js';
import { randomText, type Random } from '../platform/random.js';
import type { Settings } from '../settings.js';
import type { AccessToken, AppKind, Install, RefreshToken, TokenCheck, TokenPair } from './install.js';

const FIRST_USER_ID = 61_480_001;
/** As long as HubSpot's own, so that nobody gets away with a short column. */
const ACCESS_TOKEN_LENGTH = 292;

/** Who holds a token of which portal. */
export class Installs {
  private readonly byPortal = new Map<Portal, Map<AppKind, Install>>();
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
    return install;
  }

  /** The app's installations in a portal: one of each kind at most. */
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

  /** The token that comes back is the one that was given, unless rotation is switched on. */
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

  /** Access tokens that were issued with it live on until they expire. */
  revoke(token: RefreshToken): void {
    token.deadFromMs = Math.min(token.deadFromMs, this.clock.now());
  }

  /** How many of the portal's refresh tokens are worth nothing from now on. */
  revokeAll(portal: Portal): number {
    const all = this.of(portal).flatMap((install) => install.refresh);
    const alive = all.filter((token) => this.isAlive(token));
    for (const token of alive) this.revoke(token);
    return alive.length;
  }

  /** All its tokens die at once, and will never live again. */
  uninstall(install: Install): void {
    install.ended = true;
    this.byPortal.get(install.portal)?.delete(install.kind);
  }

  /** The portal takes back, or gives, what its tokens may do. Tokens never get more than they were issued for. */
  setScopes(portal: Portal, scopes: readonly string[]): void {
    for (const install of this.of(portal)) install.scopes = new Set(scopes);
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
