import express, {
  Router,
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { openInstallLink } from '../../../db/portals/installLinks.js';
import { AppError } from '../../../platform/errors.js';
import { createSeldom } from '../../../platform/seldom.js';
import { addressOf } from '../../http/clientAddress.js';
import { perMinute } from '../../http/perMinute.js';
import { toAppError } from '../../http/problem.js';
import type { Config } from '../../../platform/config/config.js';
import { leadOn, sendBackToHubSpot, type LeadDependencies } from './begunAtHubSpot.js';
import { readCallback, type CallbackQuery } from './callbackQuery.js';
import { readClaimCode } from './claimCode.js';
import { completeInstall, type Connected, type InstallEnd } from './completeInstall.js';
import { readInstallCookie } from './installCookie.js';
import { claimUrl, installLinkUrl, type NewLink } from './installLink.js';
import { hashRandomToken } from './randomToken.js';
import { redirectToHubSpot } from './redirectToHubSpot.js';
import { allowedReturnTo, hubspotReturnUrl, withResult } from './returnTo.js';
import { sendClaim } from './sendClaim.js';
import { assertConsent, sendConsent } from './sendConsent.js';
import { sendConnected, sendFailure, type PageLinks } from './sendResult.js';
import { wantsJson } from './wantsJson.js';

/** Of one link, from wherever it is opened: by the person, their mail's scanner, and once more. */
const OPENED_PER_MINUTE = 30;

const PATHS = ['/start', '/callback', '/claim'];

interface Dependencies extends LeadDependencies {
  readonly config: LeadDependencies['config'] &
    Pick<Config, 'INSTALL_RETURN_ORIGINS' | 'HUBSPOT_CLIENT_SECRET'>;
  /** Limits requests by address: nobody has a key here. */
  readonly limit: RequestHandler;
}

/**
 * The routes that people's browsers open: our link, with the page from which they go on, and HubSpot's redirect back.
 * They need no key: the token and the state are the proof.
 */
export function browserRouter(deps: Dependencies): Router {
  const { pool, config, logger } = deps;
  const seldom = createSeldom();
  const router = Router();
  router.use(PATHS, deps.limit);
  router.use(
    '/start/:token',
    perMinute(OPENED_PER_MINUTE, ({ params }) => tokenName(params.token)),
  );

  router.get('/start/:token', async (request, response) => {
    await sendConsent(deps, request, response, await open(request.params.token));
  });

  router.post(
    '/start/:token',
    express.urlencoded({ extended: false, limit: '4kb', inflate: false }),
    async (request, response) => {
      const { token } = request.params;
      const browser = assertConsent(deps, request, token);
      await redirectToHubSpot(deps, response, await open(token), browser);
    },
  );

  router.get('/callback', async (request, response) => {
    const query = readCallback(request, config);
    const { step, returnUrl } = query;
    if (step === 'authorize' && returnUrl !== undefined) return sendBackToHubSpot(response, returnUrl);
    if (step === 'finalize' || query.state === undefined) return lead(request, response, query);
    const cookie = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI);
    const end = await completeInstall(deps, { ...query, browser: cookie?.browser });
    const { result } = end;
    response.set('Cache-Control', 'no-store');
    if ('again' in result) return response.redirect(303, result.again);
    const target = returnTarget({ ...end, result });
    const links = await linksOf(request, hubspotReturnUrl(end.returnTo, config));
    if (target !== undefined && !wantsJson(request)) response.redirect(303, target);
    else if (result instanceof AppError) sendFailure(request, response, result, links);
    else sendConnected(request, response, result, links);
  });

  router.get('/claim/:code', async (request, response) => {
    const { code } = request.params;
    const claim = readClaimCode(config, code);
    if (!claim)
      throw new AppError('install_expired', 'This claim code is not complete, or was not made here.');
    const link = await openInstallLink(pool, hashRandomToken(claim.token));
    response.set('Cache-Control', 'no-store');
    if (link && !wantsJson(request)) response.redirect(303, installLinkUrl(config, claim.token));
    else sendClaim(config, request, response, code, claim);
  });

  // Express tells error handlers from other handlers by their four parameters.
  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    const known = toAppError(error);
    // Anybody can have a lead fail, so those have a line a minute each.
    const said = known.status >= 500 && (response.locals.isLead !== true || seldom(known.code));
    if (said)
      logger.error(known.message, { error: known.details.cause ?? known, ...(said !== true && said) });
    if (response.headersSent) return next(error);
    const cameFrom = request.query['returnUrl'];
    linksOf(request, hubspotReturnUrl(typeof cameFrom === 'string' ? cameFrom : undefined, config))
      .then((links) => sendFailure(request, response, known, links))
      .catch(next);
  };
  router.use(PATHS, onError);
  return router;

  async function open(token: string): Promise<NewLink> {
    const link = await openInstallLink(pool, hashRandomToken(token));
    if (link) return { link, token };
    throw new AppError(
      'install_expired',
      'This link has been used, has expired, or is not complete. Ask for a new one.',
    );
  }

  /** An install that HubSpot began. */
  async function lead(request: Request, response: Response, query: CallbackQuery): Promise<void> {
    response.locals.isLead = true;
    const lead = await leadOn(deps, { ...query, address: addressOf(request) });
    const url = lead.kind === 'link' ? installLinkUrl(config, lead.token) : claimUrl(config, lead.code);
    response.set('Cache-Control', 'no-store');
    if (!wantsJson(request)) response.redirect(303, url);
    else response.json({ installed: false, [lead.kind === 'link' ? 'url' : 'claimUrl']: url });
  }

  /**
   * Where the application wants the person back, with how the install ended; its origin must still be allowed. To
   * HubSpot they return when it worked.
   */
  function returnTarget({ result, linkId, returnTo }: InstallEnd & { result: Connected | AppError }) {
    const failed = result instanceof AppError;
    const url = returnTo === null ? undefined : allowedReturnTo(returnTo, config);
    if (!url) return failed ? undefined : hubspotReturnUrl(returnTo, config)?.href;
    return withResult(
      url,
      failed
        ? { install: result.code.replace('install_', ''), link: linkId }
        : { install: 'connected', portalId: String(result.portalId), link: linkId },
    );
  }

  /** Starting again is offered where it starts again: by a link that is good. */
  async function linksOf(request: Request, hubspot: URL | undefined): Promise<PageLinks> {
    const token = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI)?.linkToken;
    const isGood = token !== undefined && (await isOpen(token));
    return {
      product: config.PRODUCT_NAME,
      startAgain: isGood ? installLinkUrl(config, token) : undefined,
      home: config.INSTALL_RETURN_ORIGINS[0],
      hubspot: hubspot?.href,
    };
  }

  /** A page is shown also while the database is away. */
  async function isOpen(token: string): Promise<boolean> {
    try {
      return (await openInstallLink(pool, hashRandomToken(token))) !== undefined;
    } catch (error) {
      logger.warn('Whether an install can be started again cannot be read', { error });
      return false;
    }
  }
}

/** Not the token itself: it opens an install. */
function tokenName(token: unknown): string {
  return hashRandomToken(String(token)).toString('base64');
}
