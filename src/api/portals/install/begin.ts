import { createHash } from 'node:crypto';
import type { Config } from '../../../platform/config/config.js';
import {
  beginInstall,
  createInstallLink,
  type InstallLink,
  type InstallLinkPlan,
} from '../../../db/portals/installLinks.js';
import type { Pool } from '../../../db/pool.js';
import { findPortalSettings } from '../../../db/portals/portalSettings.js';
import { codeVerifierContext } from '../../../secrets/encryptionContext.js';
import { forWorkspace } from '../../../db/tenant.js';
import { scopesOf } from '../../../domain/portals/scopes.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import type { Sealing } from '../../../secrets/sealing.js';
import { newToken } from './installCookie.js';

/*
 * How an install begins. A backend with an API key asks for a link; a person opens it, in the browser in which HubSpot's page will appear.
 * Only then are there a state and a PKCE verifier, and that browser gets the cookie that binds them: set in the answer to the backend it
 * would be in the wrong place.
 */

/** From the opening of the link to HubSpot's redirect back. */
const STATE_MS = 10 * 60_000;
/** What a new portal has switched on. */
const USUAL_FEATURES: readonly Feature[] = ['throttle'];

export interface BeginDependencies {
  readonly pool: Pool;
  readonly config: Pick<
    Config,
    'HUBSPOT_AUTHORIZE_URL' | 'HUBSPOT_CLIENT_ID' | 'HUBSPOT_REDIRECT_URI' | 'HUBSPOT_OPTIONAL_SCOPES'
  >;
  readonly sealing: Sealing;
}

export type LinkPlan = Omit<InstallLinkPlan, 'tokenHash'>;

/** A link that begins an install: its id, its token and when it expires. */
export async function makeLink(pool: Pool, plan: LinkPlan): Promise<{ link: InstallLink; token: string }> {
  const token = newToken();
  const { validForMs: _, ...rest } = plan;
  const stored = await createInstallLink(forWorkspace(pool, plan.workspaceId), {
    ...plan,
    tokenHash: hashOf(token),
  });
  return { link: { ...rest, ...stored }, token };
}

/** Begins an install in this browser. Returns where it is to go: HubSpot's page on which the app is allowed. */
export async function begin(
  { pool, config, sealing }: BeginDependencies,
  link: InstallLink,
  browser: string,
): Promise<string> {
  const { workspaceId } = link;
  const state = newToken();
  const codeVerifier = newToken();
  const stateHash = hashOf(state);
  const scopes = scopesOf(await featuresOf(pool, link));
  const optionalScopes = config.HUBSPOT_OPTIONAL_SCOPES.filter((scope) => !scopes.includes(scope));
  const codeVerifierSealed = await sealing.seal(codeVerifier, codeVerifierContext(workspaceId, stateHash));
  await beginInstall(forWorkspace(pool, workspaceId), {
    stateHash,
    browserHash: hashOf(browser),
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
    code_challenge: hashOf(codeVerifier).toString('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  // HubSpot's own links write spaces as %20; a plus is not read as a space everywhere.
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** What was wished for; else what the portal that is meant has switched on; else what a new one begins with. */
async function featuresOf(pool: Pool, link: InstallLink): Promise<readonly Feature[]> {
  if (link.features) return link.features;
  if (link.expectedPortalId === null) return USUAL_FEATURES;
  const portal = await findPortalSettings(forWorkspace(pool, link.workspaceId), link.expectedPortalId);
  return portal ? FEATURES.filter((feature) => portal[`${feature}Enabled`]) : USUAL_FEATURES;
}
