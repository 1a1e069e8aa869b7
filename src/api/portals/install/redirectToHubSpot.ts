import type { Response } from 'express';
import type { Pool } from '../../../db/pool.js';
import { storeInstallState, type InstallLink } from '../../../db/portals/installLinks.js';
import { findPortalSettings } from '../../../db/portals/portalSettings.js';
import { forWorkspace } from '../../../db/tenant.js';
import { askedAccess, grantedAccess } from '../../../domain/portals/access.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import { optionalScopesOf, scopesOf } from '../../../domain/portals/featureScopes.js';
import type { Config } from '../../../platform/config/config.js';
import { codeVerifierContext } from '../../../secrets/encryptionContext.js';
import type { Sealing } from '../../../secrets/sealing.js';
import { setInstallCookie } from './installCookie.js';
import type { NewLink } from './installLink.js';
import { hashRandomToken, newRandomToken } from './randomToken.js';

/*
 * How an install begins. A backend with an API key asks for a link; a person opens it, in the browser in which
 * HubSpot's page will appear, gets the cookie of that browser with our page (sendConsent.ts), and goes on from there.
 * Only then are there a state and a PKCE verifier, which that cookie binds.
 */

/** From the opening of the link to HubSpot's redirect back. */
const STATE_MS = 10 * 60_000;
/** What a new portal has switched on. */
const DEFAULT_FEATURES: readonly Feature[] = ['throttle'];

export interface RedirectDependencies {
  readonly pool: Pool;
  readonly config: Pick<
    Config,
    | 'HUBSPOT_AUTHORIZE_URL'
    | 'HUBSPOT_CLIENT_ID'
    | 'HUBSPOT_REDIRECT_URI'
    | 'HUBSPOT_OPTIONAL_SCOPES'
    | 'PRODUCT_NAME'
  >;
  readonly sealing: Sealing;
}

/** Begins an install and sends this browser, which is known by its secret, to HubSpot's page. */
export async function redirectToHubSpot(
  deps: RedirectDependencies,
  response: Response,
  { link, token }: NewLink,
  browser: string,
): Promise<void> {
  const target = await beginInstall(deps, link, browser);
  setInstallCookie(response, deps.config.HUBSPOT_REDIRECT_URI, { browser, linkToken: token });
  response.set('Cache-Control', 'no-store').redirect(303, target);
}

/** What HubSpot is asked for: what must be granted, and what may be. */
export async function askedScopes(
  { pool, config }: Pick<RedirectDependencies, 'pool' | 'config'>,
  link: Omit<InstallLink, 'expiresAt'>,
): Promise<{ scopes: readonly string[]; optionalScopes: readonly string[] }> {
  const features = await featuresOf(pool, link);
  const scopes = scopesOf(features);
  const optional = new Set([
    ...optionalScopesOf(features),
    // A grant replaces the one before: what is not asked for again is taken away.
    ...askedAccess(link.access ?? [], features, await accessOf(pool, link)),
    ...config.HUBSPOT_OPTIONAL_SCOPES,
  ]);
  return { scopes, optionalScopes: [...optional].filter((scope) => !scopes.includes(scope)) };
}

/** Stores what the callback must match. Returns the address of HubSpot's page on which the app is allowed. */
export async function beginInstall(
  deps: RedirectDependencies,
  link: Omit<InstallLink, 'expiresAt'>,
  browser: string,
): Promise<string> {
  const { pool, config, sealing } = deps;
  const { workspaceId } = link;
  const state = newRandomToken();
  const codeVerifier = newRandomToken();
  const stateHash = hashRandomToken(state);
  const { scopes, optionalScopes } = await askedScopes(deps, link);
  const codeVerifierSealed = await sealing.seal(codeVerifier, codeVerifierContext(workspaceId, stateHash));
  await storeInstallState(forWorkspace(pool, workspaceId), {
    stateHash,
    browserHash: hashRandomToken(browser),
    link,
    codeVerifierSealed,
    redirectUri: config.HUBSPOT_REDIRECT_URI,
    scopes,
    optionalScopes,
    validForMs: STATE_MS,
  });

  const url = new URL(config.HUBSPOT_AUTHORIZE_URL);
  const query = {
    client_id: config.HUBSPOT_CLIENT_ID,
    redirect_uri: config.HUBSPOT_REDIRECT_URI,
    scope: scopes.join(' '),
    ...(optionalScopes.length > 0 && { optional_scope: optionalScopes.join(' ') }),
    state,
    code_challenge: hashRandomToken(codeVerifier).toString('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  // HubSpot's own links write spaces as %20; a plus is not read as a space everywhere.
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}

/** What the link asks for; else what the expected portal has switched on; else what a new portal begins with. */
export async function featuresOf(
  pool: Pool,
  link: Pick<InstallLink, 'workspaceId' | 'features' | 'expectedPortalId'>,
): Promise<readonly Feature[]> {
  if (link.features) return link.features;
  if (link.expectedPortalId === null) return DEFAULT_FEATURES;
  const portal = await findPortalSettings(forWorkspace(pool, link.workspaceId), link.expectedPortalId);
  return portal ? FEATURES.filter((feature) => portal[`${feature}Enabled`]) : DEFAULT_FEATURES;
}

/** What the expected portal has granted beside what features need. */
export async function accessOf(
  pool: Pool,
  { workspaceId, expectedPortalId }: Pick<InstallLink, 'workspaceId' | 'expectedPortalId'>,
): Promise<string[]> {
  if (expectedPortalId === null) return [];
  const portal = await findPortalSettings(forWorkspace(pool, workspaceId), expectedPortalId);
  return grantedAccess(portal?.scopes ?? []);
}
