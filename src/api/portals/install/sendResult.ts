import type { Request, Response } from 'express';
import type { AppError } from '../../../platform/errors.js';
import { ERRORS } from '../../../platform/errors.js';
import type { Feature } from '../../../domain/portals/features.js';
import { sendProblem } from '../../http/problem.js';
import type { Connected } from './completeInstall.js';
import { sendPage, type Action } from './sendPage.js';
import { inCode, markup } from '../../http/markup.js';
import { wantsJson } from './wantsJson.js';

/** What each feature is called on a page that people outside read. */
const FEATURE_NAMES: Record<Feature, string> = {
  throttle: 'Throttled workflow actions',
  sync: 'Synchronisation of records',
  events: 'Events',
};

/**
 * What to do next, by what went wrong. For a code that is not here, only the person who runs the app can do something.
 */
const NEXT: Record<string, readonly string[]> = {
  install_denied: [
    "If that was a mistake, start again and choose “Allow” on HubSpot's page.",
    'If the button cannot be chosen there, you lack the right to install apps: ask a super admin of the account.',
  ],
  install_wrong_browser: [
    'Start again, and stay in the same browser until you are back here.',
    'Allow this site to keep cookies; a private window that was closed in between does not work.',
  ],
  install_missing_scope: [
    "Start again and allow everything that HubSpot's page lists.",
    "If HubSpot does not offer it, your account's subscription or your own rights do not include it: ask a super admin of the account.",
  ],
  install_wrong_account: [
    "Start again and choose the right account on HubSpot's page.",
    'The app may now be listed in the other account too; it can be removed there under Settings → Integrations → Connected apps.',
  ],
  install_refused: [
    'If you have connected it here before, ask whoever did to disconnect it there.',
    'Otherwise ask support.',
  ],
  install_busy: ['Wait until that is done, a few minutes, then start again.'],
  install_expired: [
    'Start again: an installation has to be finished within ten minutes, and can be finished once.',
    'If a page before this one said that the account is connected, it is, and there is nothing to do.',
  ],
  install_kept: [
    'There is nothing to do but wait: the account is connected by itself.',
    'Only if it is not connected in an hour, go back to where you chose to connect HubSpot, and start again.',
  ],
  invalid_input: ['Start again.'],
  install_unavailable: [
    'Wait a minute, then start again.',
    "HubSpot's state is shown at status.hubspot.com.",
  ],
  unavailable: ['Wait a minute, then start again.'],
  too_many_requests: ['Wait a minute, then start again.'],
};
const NEXT_FOR_OTHERS = ['Tell whoever sent you here; the reason above is what they need.'];

export interface PageLinks {
  readonly product: string;
  /** The page of HubSpot's from which the person came; undefined: none, or not known. */
  readonly hubspot?: string | undefined;
  /** Our link by which this browser can start again; undefined: it has none. */
  readonly startAgain: string | undefined;
  /** The application from which people come, by the configuration. */
  readonly home: string | undefined;
}

/** The end of an install that worked. */
export function sendConnected(
  request: Request,
  response: Response,
  connected: Connected,
  { product, home, hubspot }: Omit<PageLinks, 'startAgain'>,
): void {
  if (wantsJson(request)) {
    response.set('Cache-Control', 'no-store').json({ installed: true, ...connected });
    return;
  }
  const { portalId, hubDomain, asked, granted, notGranted, unmetFeatures, limitedTypes, firstTime } =
    connected;
  const title = firstTime ? 'Your HubSpot account is connected' : 'Your HubSpot account is connected again';
  sendPage(response, 200, {
    tone: 'good',
    product,
    title,
    requestId: undefined,
    actions: actionsOf({ product, startAgain: undefined, home, hubspot }),
    body: markup`<dl>
<dt>Account</dt><dd>${portalId}</dd>
${hubDomain !== null && markup`<dt>Domain</dt><dd>${hubDomain}</dd>`}
<dt>Asked for</dt><dd>${inCode(asked)}</dd>
<dt>Allowed</dt><dd>${inCode(granted)}</dd>
${notGranted.length > 0 && markup`<dt>Not allowed</dt><dd>${inCode(notGranted)} (optional)</dd>`}
</dl>
${unmetFeatures.map(({ feature, missing }) => markup`<p class="missing">${FEATURE_NAMES[feature]} cannot work yet: HubSpot did not allow ${inCode(missing)}. Connect the account again and allow it.</p>`)}
${limitedTypes.map(({ type, hasFallback }) => markup`<p class="missing">Events of the type ${inCode([type])} ${hasFallback ? 'are written to properties of the contact: this account takes no custom events.' : 'cannot be sent: this account takes no custom events.'}</p>`)}
<h2>What happens next</h2>
<ul>
${!firstTime && markup`<li>What was waiting goes on by itself, where it stopped.</li>`}
<li>In HubSpot, add the action to a workflow; the records that reach it then take their turn.</li>
<li>You can close this window.</li>
</ul>`,
  });
}

/** The end of an install that did not work, or anything else that failed on the way. */
export function sendFailure(request: Request, response: Response, error: AppError, links: PageLinks): void {
  if (wantsJson(request)) {
    response.set('Cache-Control', 'no-store');
    sendProblem(response, error);
    return;
  }
  const { retryAfterMs } = error.details;
  if (retryAfterMs !== undefined) response.set('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  const steps = NEXT[error.code] ?? NEXT_FOR_OTHERS;
  // Nothing is to be started again where it goes on by itself.
  const isOver = error.code !== 'install_kept';
  sendPage(response, error.status, {
    tone: 'bad',
    product: links.product,
    title: ERRORS[error.code].title,
    requestId: response.locals.requestId as string | undefined,
    actions: actionsOf(isOver ? links : { ...links, startAgain: undefined }),
    body: markup`<p>${error.message}</p>
<h2>What to do</h2>
<ol>${steps.map((step) => markup`<li>${step}</li>`)}</ol>
${isOver && links.startAgain === undefined && markup`<p>To start again, go back to where you chose to connect HubSpot.</p>`}`,
  });
}

function actionsOf({ startAgain, home, hubspot }: PageLinks): Action[] {
  return [
    ...(startAgain === undefined ? [] : [{ href: startAgain, text: 'Start again' }]),
    ...(hubspot === undefined ? [] : [{ href: hubspot, text: 'Back to HubSpot' }]),
    ...(home === undefined ? [] : [{ href: home, text: `Back to ${new URL(home).host}` }]),
  ];
}
