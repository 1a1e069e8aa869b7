import type { Response } from 'express';
import { auditedTransaction } from '../../../db/audit/auditedTransaction.js';
import { findPortalView } from '../../../db/portals/portalViews.js';
import type { PortalResolver } from '../../../db/portals/portalResolver.js';
import { forWorkspace } from '../../../db/tenant.js';
import type { Config } from '../../../platform/config/config.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import { inBrackets } from './callbackQuery.js';
import type { CompleteDependencies } from './completeInstall.js';
import { makeClaimCode } from './claimCode.js';
import { makeInstallLink } from './installLink.js';
import type { LeadLimit } from './leadLimit.js';
import { obtainGrant } from './obtainGrant.js';
import { newRandomToken } from './randomToken.js';

/*
 * Installs that HubSpot begins: from its marketplace, its settings, or a link of its own. They come without a state of
 * ours, so nothing that they bring is stored: whoever planted such an address in a browser would else connect his own
 * account to somebody's workspace. What HubSpot tells of the account leads the person on, to the workspace that holds
 * it or to a page with a code by which one claims it; there the install begins as any other
 * (docs/hubspot.md#oauth-and-tokens).
 */

export interface BegunAtHubSpot {
  readonly step: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** One of HubSpot's own pages, checked. */
  readonly returnUrl: URL | undefined;
  /** Of the browser. */
  readonly address: string;
}

export interface LeadDependencies extends CompleteDependencies {
  readonly config: CompleteDependencies['config'] & Pick<Config, 'HUBSPOT_CLIENT_SECRET' | 'PRODUCT_NAME'>;
  readonly portals: Pick<PortalResolver, 'find'>;
  readonly limitLeads: LeadLimit;
}

/** Where the person goes on: with a link to the workspace that holds the account, or with a code to claim it. */
export type Lead =
  { readonly kind: 'link'; readonly token: string } | { readonly kind: 'claim'; readonly code: string };

const LINK_MS = 3_600_000;

/**
 * HubSpot asks who the person is before it shows its own page, and wants a state back. Nobody signs in here, and the
 * state proves nothing on which we rely: what comes back is led on like any install that HubSpot begins.
 */
export function sendBackToHubSpot(response: Response, returnUrl: URL): void {
  const target = new URL(returnUrl);
  target.searchParams.set('state', newRandomToken());
  response.set('Cache-Control', 'no-store').redirect(303, target.href);
}

/** Throws an AppError where HubSpot's page or its token endpoint said no. */
export async function leadOn(deps: LeadDependencies, begun: BegunAtHubSpot): Promise<Lead> {
  const { config } = deps;
  const returnUrl = begun.returnUrl?.href ?? null;
  if (begun.error === 'access_denied')
    throw new AppError('install_denied', "On HubSpot's page the app was not allowed. Nothing was stored.");
  if (begun.error !== undefined)
    throw new AppError(
      'invalid_input',
      `HubSpot did not accept the request${inBrackets(begun.error)}. Nothing was stored.`,
    );
  const { code } = begun;
  if (code === undefined)
    throw new AppError(
      'invalid_input',
      'HubSpot has not said which account is to be connected. ' +
        `Begin from your workspace of ${config.PRODUCT_NAME}, or start at HubSpot once more. Nothing was stored.`,
    );
  // The grant itself is not kept. HubSpot counts the app as installed once its code was exchanged.
  const { portalId, hubDomain } = await deps.limitLeads(begun.address, () =>
    obtainGrant(deps.oauth, { code, redirectUri: config.HUBSPOT_REDIRECT_URI, begunAtHubSpot: true }),
  );
  crashPoint('portals.lead.granted');
  const token = await linkToHolder(deps, portalId, returnUrl);
  return token === undefined
    ? { kind: 'claim', code: makeClaimCode(config, { portalId, hubDomain, returnUrl }) }
    : { kind: 'link', token };
}

/** A link of the workspace that has proved to hold the account. Undefined: there is none. */
async function linkToHolder(
  { pool, portals }: LeadDependencies,
  portalId: number,
  returnTo: string | null,
): Promise<string | undefined> {
  const holder = await portals.find(portalId);
  if (holder?.state !== 'active' && holder?.state !== 'reauth_required') return undefined;
  const { workspaceId } = holder;
  const portal = await findPortalView(forWorkspace(pool, workspaceId), portalId);
  if (portal?.verifiedAt == null) return undefined;
  const actor = 'hubspot';
  return auditedTransaction(pool, { workspaceId, actor }, async (client, note) => {
    const { link, token } = await makeInstallLink(client, {
      ...{ workspaceId, expectedPortalId: portalId, returnTo, features: null, access: null, actor },
      validForMs: LINK_MS,
    });
    note('portal.link', { portalId, linkId: link.id });
    return token;
  });
}
