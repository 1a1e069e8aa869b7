import type { Request, Response } from 'express';
import type { Config } from '../../../platform/config/config.js';
import type { Claim } from './claimCode.js';
import { claimUrl } from './installLink.js';
import { markup } from '../../http/markup.js';
import { hubspotReturnUrl } from './returnTo.js';
import { sendPage } from './sendPage.js';
import { wantsJson } from './wantsJson.js';

type Shown = Pick<Config, 'PRODUCT_NAME' | 'HUBSPOT_REDIRECT_URI' | 'HUBSPOT_AUTHORIZE_URL'>;

/** What a person sees who began at HubSpot, until a workspace has claimed the account. */
export function sendClaim(
  config: Shown,
  request: Request,
  response: Response,
  code: string,
  { portalId, hubDomain, returnUrl }: Claim,
): void {
  const url = claimUrl(config, code);
  if (wantsJson(request)) {
    const claim = { code, url, portalId, hubDomain };
    response.set('Cache-Control', 'no-store').json({ installed: false, claim });
    return;
  }
  const product = config.PRODUCT_NAME;
  const hubspot = hubspotReturnUrl(returnUrl, config)?.href;
  sendPage(response, 200, {
    tone: 'asks',
    product,
    title: `One step is left to connect HubSpot to ${product}`,
    requestId: undefined,
    actions: [
      { href: url, text: 'Go on' },
      ...(hubspot === undefined ? [] : [{ href: hubspot, text: 'Back to HubSpot' }]),
    ],
    body: markup`<p>You have begun at HubSpot, so ${product} does not know yet which workspace is to use this account. A workspace has to claim it.</p>
<dl>
<dt>Account</dt><dd>${portalId}${hubDomain !== null && ` (${hubDomain})`}</dd>
<dt>Claim code</dt><dd><code>${code}</code></dd>
</dl>
<h2>What to do</h2>
<ol>
<li>Give the code to whoever looks after your workspace of ${product}. They claim the account with <code>npx sluice portals claim</code> and the code, or by <code>POST /api/integrations/hubspot/claims</code>.</li>
<li>Then choose “Go on”: the next page names that workspace and asks you once more.</li>
</ol>
<p>If you have a workspace yourself, you can as well connect HubSpot from there. Until then nothing is stored; the code is good for a day.</p>`,
  });
}
