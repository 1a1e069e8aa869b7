import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { findPortalView } from '../../../db/portals/portalViews.js';
import { forWorkspace } from '../../../db/tenant.js';
import { findWorkspace } from '../../../db/workspaces/workspaces.js';
import { AppError } from '../../../platform/errors.js';
import { readInstallCookie, setInstallCookie } from './installCookie.js';
import { installLinkUrl, type NewLink } from './installLink.js';
import { inCode, markup } from '../../http/markup.js';
import { newRandomToken } from './randomToken.js';
import { askedScopes, type RedirectDependencies } from './redirectToHubSpot.js';
import { sendPage } from './sendPage.js';
import { wantsJson } from './wantsJson.js';

/*
 * What a link opens: a page that names who asks for which account and what for, before HubSpot's page, which names the
 * app alone. All workspaces share one app, so a person who is sent a link could not tell otherwise whom "Allow" lets
 * in. The page's button posts back; the browser's cookie and a proof made from it and the link show that this browser
 * has had this page.
 */

export async function sendConsent(
  deps: RedirectDependencies,
  request: Request,
  response: Response,
  { link, token }: NewLink,
): Promise<void> {
  const { pool, config } = deps;
  const db = forWorkspace(pool, link.workspaceId);
  const workspace = await findWorkspace(db, link.workspaceId);
  const { expectedPortalId } = link;
  const portal = expectedPortalId === null ? undefined : await findPortalView(db, expectedPortalId);
  const { scopes, optionalScopes } = await askedScopes(deps, link);
  const name = workspace?.name ?? link.workspaceId;

  const browser = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI)?.browser ?? newRandomToken();
  setInstallCookie(response, config.HUBSPOT_REDIRECT_URI, { browser, linkToken: token });
  const proof = proofOf(browser, token);
  if (wantsJson(request)) {
    const asked = { workspace: name, portalId: expectedPortalId, scopes, optionalScopes };
    response.set('Cache-Control', 'no-store').json({ ...asked, proof, expiresAt: link.expiresAt });
    return;
  }
  sendPage(response, 200, {
    tone: 'asks',
    product: config.PRODUCT_NAME,
    title: `Connect a HubSpot account to “${name}”?`,
    requestId: undefined,
    actions: [],
    form: {
      action: installLinkUrl(config, token),
      fields: { proof },
      text: 'Go on to HubSpot',
      leadsTo: config.HUBSPOT_AUTHORIZE_URL,
    },
    body: markup`<dl>
<dt>Who asks</dt><dd>${name}</dd>
<dt>Account</dt><dd>${expectedPortalId ?? 'the one that you choose at HubSpot'}${portal?.hubDomain && ` (${portal.hubDomain})`}</dd>
<dt>To be allowed</dt><dd>${inCode(scopes)}</dd>
${optionalScopes.length > 0 && markup`<dt>If you wish</dt><dd>${inCode(optionalScopes)}</dd>`}
</dl>
<p>“${name}” will be able to read and change in the account what these permissions cover. HubSpot's own page, which comes next, names the app and not who asks.</p>
<p>If you do not know “${name}”, or did not expect this link, close this window: nothing has been stored.</p>`,
  });
}

/** Throws unless this browser has had the page of this link. Returns the browser's secret. */
export function assertConsent(
  { config }: Pick<RedirectDependencies, 'config'>,
  request: Request,
  token: string,
): string {
  const browser = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI)?.browser;
  const given = (request.body as { proof?: unknown } | undefined)?.proof;
  if (browser !== undefined && typeof given === 'string') {
    const [proof, expected] = [Buffer.from(given), Buffer.from(proofOf(browser, token))];
    if (proof.length === expected.length && timingSafeEqual(proof, expected)) return browser;
  }
  throw new AppError(
    'install_wrong_browser',
    'This browser has not had the page of the link, or keeps no cookies. Open the link again and go on from its page. Nothing was stored.',
  );
}

function proofOf(browser: string, token: string): string {
  return createHash('sha256').update(`${browser}.${token}`).digest('base64url');
}
