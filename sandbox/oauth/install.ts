import type { Portal } from '../portals/portal.js';

/** `private`: an app that a portal made for itself. It has a daily limit, and its tokens do not expire. */
export type AppKind = 'oauth' | 'private';

/** The app in one portal, until it is uninstalled. */
export interface Install {
  portal: Portal;
  kind: AppKind;
  /** The scopes that the portal grants now. A token has those of them that it was issued with. */
  scopes: ReadonlySet<string>;
  userId: number;
  user: string;
  installedAtEpochMs: number;
  ended: boolean;
  /** The valid tokens, and a few that have expired. */
  access: AccessToken[];
  refresh: RefreshToken[];
}

export interface AccessToken {
  text: string;
  install: Install;
  scopes: readonly string[];
  issuedAtMs: number;
  /** Monotonic milliseconds; Infinity for a private app's token. */
  expiresAtMs: number;
  expiresAtEpochMs: number;
}

export interface RefreshToken {
  text: string;
  install: Install;
  scopes: readonly string[];
  issuedAtMs: number;
  /** When it becomes invalid, by a rotation or a revocation. */
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

/** The scopes that a token has now. What the subscription does not include, no token has, whoever gave it. */
export function effectiveScopes({
  install,
  scopes,
}: {
  install: Install;
  scopes: readonly string[];
}): string[] {
  const { withheldScopes } = install.portal;
  return scopes.filter((scope) => install.scopes.has(scope) && !withheldScopes.includes(scope));
}
