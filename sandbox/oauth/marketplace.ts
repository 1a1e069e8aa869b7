import type { Answer } from '../platform/answer.js';
import type { Portal } from '../portals/portal.js';
import type { OAuthDeps } from './grants.js';
import { SCOPES } from './scopes.js';

/*
 * Installs that HubSpot begins, from its marketplace: the app's redirect address gets a code and the page to which it
 * has to lead the person back; or, where the app has people sign in first, that page alone, to which it adds a state.
 */

export interface Begin {
  redirectUri: string;
  origin: string;
  scopes?: readonly string[] | undefined;
  partnerSignIn: boolean;
  deny: boolean;
}

/** Where the person's browser goes who has chosen Install on the app's listing. */
export function begunByHubSpot(oauth: OAuthDeps, portal: Portal, begin: Begin): string {
  const back = new URL(`/oauth/marketplace/${portal.portalId}`, begin.origin);
  back.searchParams.set('redirect_uri', begin.redirectUri);
  if (begin.partnerSignIn) return withQuery(begin.redirectUri, { step: 'authorize', returnUrl: back.href });
  if (begin.deny) return withQuery(begin.redirectUri, { error: 'access_denied', returnUrl: back.href });
  return withQuery(begin.redirectUri, {
    code: codeFor(oauth, portal, begin.redirectUri, begin.scopes),
    returnUrl: back.href,
  });
}

/** The page to which the app leads back: with a state HubSpot goes on, else the person has arrived. */
export function marketplacePage(
  oauth: OAuthDeps,
  portal: Portal,
  query: URLSearchParams,
  path: string,
): Answer {
  const state = query.get('state');
  const redirectUri = query.get('redirect_uri') ?? '';
  if (state === null) return page(oauth.installs.of(portal).length > 0 ? 'Installed' : 'Not installed');
  const own = new URLSearchParams({ redirect_uri: redirectUri });
  const location = withQuery(redirectUri, {
    step: 'finalize',
    code: codeFor(oauth, portal, redirectUri),
    state,
    returnUrl: `${path}?${own.toString()}`,
  });
  return { status: 303, headers: { location }, body: '' };
}

function codeFor(
  oauth: OAuthDeps,
  portal: Portal,
  redirectUri: string,
  scopes: readonly string[] = SCOPES,
): string {
  return oauth.codes.issue({ portal, redirectUri, scopes, codeChallenge: undefined });
}

function withQuery(url: string, query: Record<string, string>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  return target.href;
}

function page(title: string): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  return { status: 200, headers, body: `<!doctype html><title>${title}</title><h1>${title}</h1>` };
}
