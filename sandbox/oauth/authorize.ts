import type { App } from './app.js';
import type { Portal } from '../portals/portal.js';
import type { Codes } from './codes.js';
import { unknownScopes } from './scopes.js';

/** A valid request of an authorize URL. */
export interface AuthorizeRequest {
  redirectUri: string;
  required: readonly string[];
  optional: readonly string[];
  state: string | undefined;
  codeChallenge: string | undefined;
}

export type ReadRequest =
  | { ok: true; request: AuthorizeRequest }
  /** Shown on a page, not sent by a redirect: the redirect address is not to be trusted then. */
  | { ok: false; problem: string };

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export function readAuthorizeRequest(app: App, query: URLSearchParams): ReadRequest {
  const no = (problem: string): ReadRequest => ({ ok: false, problem });
  const clientId = query.get('client_id');
  if (clientId !== app.clientId) return no(`There is no app with the client id "${clientId ?? ''}".`);
  const redirectUri = query.get('redirect_uri') ?? '';
  const redirectProblem = problemOfRedirect(app, redirectUri);
  if (redirectProblem) return no(redirectProblem);
  const required = words(query.get('scope'));
  // The guide's text says `optional_scopes`; its examples and the SDK say `optional_scope`.
  const optional = words(query.get('optional_scope') ?? query.get('optional_scopes'));
  if (required.length === 0) return no('The link asks for no scope.');
  const unknown = unknownScopes([...required, ...optional]);
  if (unknown.length > 0) return no(`The link asks for scopes that do not exist: ${unknown.join(', ')}.`);
  const codeChallenge = query.get('code_challenge') ?? undefined;
  if (codeChallenge !== undefined) {
    if (query.get('code_challenge_method') !== 'S256') return no('code_challenge_method must be S256.');
    if (!/^[\w-]{43}$/.test(codeChallenge)) return no('code_challenge is no SHA-256 in base64url.');
  }
  const state = query.get('state') ?? undefined;
  return { ok: true, request: { redirectUri, required, optional, state, codeChallenge } };
}

export interface Decision {
  portal: Portal;
  deny: boolean;
  /** Grants these scopes instead of those asked for; only tests do so. */
  scopes?: readonly string[] | undefined;
}

/** Why this portal cannot install the app; undefined when it can. */
export function problemOfPortal(request: AuthorizeRequest, portal: Portal): string | undefined {
  const missing = request.required.filter((scope) => portal.withheldScopes.includes(scope));
  return missing.length > 0
    ? `The subscription of ${portal.name} does not include what the app requires: ${missing.join(', ')}.`
    : undefined;
}

/** The address that the decision redirects to. */
export function decide(codes: Codes, request: AuthorizeRequest, decision: Decision): string {
  const location = new URL(request.redirectUri);
  const { portal } = decision;
  if (decision.deny) {
    location.searchParams.set('error', 'access_denied');
    location.searchParams.set('error_description', 'The user denied access to the app.');
  } else {
    const granted = decision.scopes ?? grantable(request, portal);
    const { redirectUri, codeChallenge } = request;
    location.searchParams.set('code', codes.issue({ portal, redirectUri, scopes: granted, codeChallenge }));
  }
  if (request.state !== undefined) location.searchParams.set('state', request.state);
  return location.href;
}

/** Optional scopes that the subscription does not include are left out (docs/hubspot.md#oauth-and-tokens). */
function grantable({ required, optional }: AuthorizeRequest, portal: Portal): string[] {
  const wanted = new Set([...required, ...optional]);
  return [...wanted].filter((scope) => !portal.withheldScopes.includes(scope));
}

function problemOfRedirect(app: App, redirectUri: string): string | undefined {
  if (!URL.canParse(redirectUri)) return 'The link names no redirect_uri.';
  const url = new URL(redirectUri);
  const isLocal = LOCAL_HOSTS.has(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    return `${redirectUri} is not https.`;
  }
  if (app.redirectUris.length > 0 && !app.redirectUris.includes(redirectUri)) {
    return `Authorization failed because ${redirectUri} is none of the app's redirect addresses.`;
  }
  return undefined;
}

function words(text: string | null): string[] {
  return [...new Set((text ?? '').split(' ').filter((word) => word !== ''))];
}
