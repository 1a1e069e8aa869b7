import type { Portal } from '../portals/portal.js';

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

export interface TokenPair {
  access: AccessToken;
  refresh: RefreshToken;
}

export type TokenCheck =
  | { kind: 'valid'; token: AccessToken }
  | { kind: 'expired'; token: AccessToken; agoMs: number }
  | { kind: 'uninstalled'; token: AccessToken }
  | { kind: 'missing' }
  | { kind: 'unknown' };

/** What a token may do now. */
export function effectiveScopes(token: { install: Install; scopes: readonly string[] }): string[] {
  return token.scopes.filter((scope) => token.install.scopes.has(scope));
}
