import { hash, timingSafeEqual } from 'node:crypto';
import { json, type Answer } from '../platform/answer.js';
import type { App } from './app.js';
import type { Settings } from '../settings.js';
import type { AppTokens } from './appTokens.js';
import type { Codes } from './codes.js';
import { refused } from './errors.js';
import { effectiveScopes, type TokenPair } from './install.js';
import type { Installs } from './installs.js';

export interface OAuthDeps {
  app: App;
  settings: Settings;
  installs: Installs;
  codes: Codes;
  appTokens: AppTokens;
}

/** v1 answers a token without `hub_id`, `user_id` and `scopes`. */
export type Dialect = 'v1' | 'dated';

/** `POST …/token`: exchanges a code or a refresh token for an access token. */
export function grantToken(deps: OAuthDeps, form: URLSearchParams, dialect: Dialect): Answer {
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return refuseClient(deps, form) ?? exchangeCode(deps, form, dialect);
    case 'refresh_token':
      return refuseClient(deps, form) ?? refresh(deps, form, dialect);
    case 'client_credentials':
      if (!deps.settings.clientCredentialsEnabled || dialect === 'v1') break;
      return refuseClient(deps, form) ?? appToken(deps, form);
    default:
  }
  return refused('BAD_GRANT_TYPE');
}

/** The refusal of a client that is not the app, or knows none of its secrets. */
export function refuseClient(deps: OAuthDeps, form: URLSearchParams): Answer | undefined {
  if (form.get('client_id') !== deps.app.clientId) return refused('BAD_CLIENT_ID');
  return deps.app.accepts(form.get('client_secret') ?? '') ? undefined : refused('BAD_CLIENT_SECRET');
}

function exchangeCode(deps: OAuthDeps, form: URLSearchParams, dialect: Dialect): Answer {
  const authorization = deps.codes.take(form.get('code') ?? '');
  if (!authorization) return refused('BAD_AUTH_CODE');
  const { portal, scopes, redirectUri, codeChallenge } = authorization;
  if (form.get('redirect_uri') !== redirectUri) return refused('BAD_REDIRECT_URI');
  if (codeChallenge !== undefined && !verifies(form.get('code_verifier') ?? '', codeChallenge)) {
    return refused('BAD_CODE_VERIFIER');
  }
  const install = deps.installs.install(portal, scopes);
  return tokens(deps, deps.installs.issue(install, scopes, deps.settings.tokenLifetimeSeconds), dialect);
}

function refresh(deps: OAuthDeps, form: URLSearchParams, dialect: Dialect): Answer {
  const token = deps.installs.findRefresh(form.get('refresh_token') ?? '');
  if (token?.install.ended) return refused(deps.settings.uninstalledRefresh);
  if (!token || !deps.installs.isAlive(token)) return refused('BAD_REFRESH_TOKEN');
  return tokens(deps, deps.installs.renew(token), dialect);
}

/** The app's own token, which belongs to no portal and is valid for no portal's API. */
function appToken(deps: OAuthDeps, form: URLSearchParams): Answer {
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) return refused('BAD_SCOPES');
  return json(200, {
    token_type: 'bearer',
    token_use: 'client_credentials',
    access_token: deps.appTokens.issue(scopes, deps.settings.tokenLifetimeSeconds),
    expires_in: deps.settings.tokenLifetimeSeconds,
    scopes,
  });
}

function tokens(deps: OAuthDeps, { access, refresh: renewal }: TokenPair, dialect: Dialect): Answer {
  const { portal, userId } = access.install;
  const common = {
    token_type: 'bearer',
    access_token: access.text,
    refresh_token: renewal.text,
    expires_in: deps.settings.tokenLifetimeSeconds,
  };
  if (dialect === 'v1') return json(200, { ...common, ...deps.settings.tokenReply });
  const named = { hub_id: portal.portalId, user_id: userId, scopes: effectiveScopes(access) };
  return json(200, {
    ...common,
    token_use: 'access_token',
    ...(deps.settings.tokenRepliesNameHub && named),
    ...deps.settings.tokenReply,
  });
}

function verifies(verifier: string, challenge: string): boolean {
  const given = hash('sha256', verifier, 'buffer');
  const wanted = Buffer.from(challenge, 'base64url');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
