import { json, noContent, type Answer } from '../platform/answer.js';
import { nothingHere } from '../hubspot/errors.js';
import { refuseClient, type OAuthDeps } from './grants.js';
import { effectiveScopes, type AccessToken, type RefreshToken } from './install.js';

interface Input {
  form: URLSearchParams;
  params: readonly string[];
  nowMs: number;
}

/** `POST …/introspect`: an invalid token is answered 200 with `active: false`. */
export function introspect(deps: OAuthDeps, { form, nowMs }: Input): Answer {
  const refusal = refuseClient(deps, form);
  if (refusal) return refusal;
  // The API description says `token`; the guide names the field after the kind of token.
  const text = form.get('token') ?? form.get('access_token') ?? form.get('refresh_token') ?? '';
  const access = deps.installs.findAccess(text);
  if (access && isLive(access, nowMs)) return json(200, describeAccess(deps, access, nowMs));
  const refresh = deps.installs.findRefresh(text);
  if (refresh && deps.installs.isAlive(refresh)) {
    return json(200, { ...describe(deps, refresh), token_use: 'refresh_token' });
  }
  return json(200, { active: false });
}

/** `POST …/revoke`: revokes a refresh token. Any other token is answered 200 without effect. */
export function revoke(deps: OAuthDeps, { form }: Input): Answer {
  const refusal = refuseClient(deps, form);
  if (refusal) return refusal;
  const token = deps.installs.findRefresh(form.get('token') ?? form.get('refresh_token') ?? '');
  if (token) deps.installs.revoke(token);
  return { status: 200, headers: {}, body: '' };
}

/** `GET /oauth/v1/access-tokens/{token}`: needs no credentials besides the token. */
export function readAccessToken(deps: OAuthDeps, { params, nowMs }: Input): Answer {
  const token = deps.installs.findAccess(params[0] ?? '');
  if (!token || !isLive(token, nowMs)) return nothingHere('GET', '/oauth/v1/access-tokens');
  const { install } = token;
  return json(200, {
    token: token.text,
    user: install.user,
    hub_domain: hubDomain(token),
    scopes: effectiveScopes(token),
    hub_id: install.portal.portalId,
    app_id: deps.app.appId,
    expires_in: secondsLeft(token, nowMs),
    user_id: install.userId,
    token_type: 'access',
  });
}

export function readRefreshToken(deps: OAuthDeps, { params }: Input): Answer {
  const token = deps.installs.findRefresh(params[0] ?? '');
  if (!token || !deps.installs.isAlive(token)) return nothingHere('GET', '/oauth/v1/refresh-tokens');
  const { install } = token;
  return json(200, {
    token: token.text,
    user: install.user,
    hub_domain: hubDomain(token),
    scopes: effectiveScopes(token),
    hub_id: install.portal.portalId,
    client_id: deps.app.clientId,
    user_id: install.userId,
    token_type: 'refresh',
  });
}

export function deleteRefreshToken(deps: OAuthDeps, { params }: Input): Answer {
  const token = deps.installs.findRefresh(params[0] ?? '');
  if (!token || !deps.installs.isAlive(token)) return nothingHere('DELETE', '/oauth/v1/refresh-tokens');
  deps.installs.revoke(token);
  return noContent();
}

function isLive(token: AccessToken, nowMs: number): boolean {
  return !token.install.ended && nowMs < token.expiresAtMs;
}

function secondsLeft(token: AccessToken, nowMs: number): number {
  return Math.max(0, Math.round((token.expiresAtMs - nowMs) / 1000));
}

function hubDomain({ install }: AccessToken | RefreshToken): string {
  return `portal-${install.portal.portalId}.test`;
}

function describe(deps: OAuthDeps, token: AccessToken | RefreshToken) {
  const { install } = token;
  return {
    active: true,
    token: token.text,
    hub_id: install.portal.portalId,
    user_id: install.userId,
    client_id: deps.app.clientId,
    app_id: deps.app.appId,
    user: install.user,
    hub_domain: hubDomain(token),
    scopes: effectiveScopes(token),
    token_type: 'Bearer',
  };
}

function describeAccess(deps: OAuthDeps, token: AccessToken, nowMs: number) {
  const { install } = token;
  return {
    ...describe(deps, token),
    token_use: 'access_token',
    expires_in: secondsLeft(token, nowMs),
    is_private_distribution: false,
    signed_access_token: {
      expiresAt: Math.round(token.expiresAtEpochMs),
      scopes: 'AAEAAQ==',
      hubId: install.portal.portalId,
      userId: install.userId,
      appId: deps.app.appId,
      signature: 'sandbox',
      scopeToScopeGroupPks: '',
      newSignature: 'sandbox',
      hublet: 'na1',
      trialScopes: '',
      trialScopeToScopeGroupPks: '',
      isUserLevel: false,
      installingUserId: install.userId,
      isServiceAccount: false,
      isPrivateDistribution: false,
      appInstallId: `${deps.app.appId}-${install.portal.portalId}`,
      audience: '',
    },
  };
}
