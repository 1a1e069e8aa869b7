import express, { Router, type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { openInstallLink } from '../../../db/portals/installLinks.js';
import { AppError } from '../../../platform/errors.js';
import { perMinute } from '../../http/perMinute.js';
import { toAppError } from '../../http/problem.js';
import type { Config } from '../../../platform/config/config.js';
import { completeInstall, type CompleteDependencies, type InstallEnd } from './completeInstall.js';
import { readInstallCookie } from './installCookie.js';
import { installLinkUrl, type NewLink } from './installLink.js';
import { hashRandomToken } from './randomToken.js';
import { redirectToHubSpot, type RedirectDependencies } from './redirectToHubSpot.js';
import { allowedReturnTo, withResult } from './returnTo.js';
import { assertConsent, sendConsent } from './sendConsent.js';
import { sendConnected, sendFailure, type PageLinks } from './sendResult.js';
import { wantsJson } from './wantsJson.js';

/** Of one link, from wherever it is opened: by the person, their mail's scanner, and once more. */
const OPENED_PER_MINUTE = 30;

interface Dependencies extends RedirectDependencies, CompleteDependencies {
  readonly config: RedirectDependencies['config'] &
    Pick<Config, 'INSTALL_RETURN_ORIGINS' | 'PORTALS_PER_WORKSPACE'>;
  /** Limits requests by address: nobody has a key here. */
  readonly limit: RequestHandler;
}

/**
 * The routes that people's browsers open: our link, with the page from which they go on, and HubSpot's redirect back.
 * They need no key: the token and the state are the proof.
 */
export function browserRouter(deps: Dependencies): Router {
  const { pool, config, logger } = deps;
  const router = Router();
  router.use(['/start', '/callback'], deps.limit);
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
    const cookie = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI);
    const end = await completeInstall(deps, {
      browser: cookie?.browser,
      state: single(request.query.state),
      code: single(request.query.code),
      error: single(request.query.error),
    });
    const target = returnTarget(end);
    if (target !== undefined && !wantsJson(request)) {
      response.set('Cache-Control', 'no-store').redirect(303, target);
    } else if (end.result instanceof AppError) {
      sendFailure(request, response, end.result, linksOf(request));
    } else {
      sendConnected(request, response, end.result, linksOf(request).home);
    }
  });

  // Express tells error handlers from other handlers by their four parameters.
  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    const known = toAppError(error);
    if (known.status >= 500) logger.error(known.message, { error: known.details.cause ?? known });
    if (response.headersSent) return next(error);
    // A link that was just refused is not offered again.
    const { startAgain, ...links } = linksOf(request);
    sendFailure(request, response, known, {
      ...links,
      startAgain: request.path.startsWith('/start') ? undefined : startAgain,
    });
  };
  router.use(['/start', '/callback'], onError);
  return router;

  async function open(token: string): Promise<NewLink> {
    const link = await openInstallLink(pool, hashRandomToken(token));
    if (link) return { link, token };
    throw new AppError(
      'install_expired',
      'This link has been used, has expired, or is not complete. Ask for a new one.',
    );
  }

  /** Where the application wants the person back, with how the install ended. Its origin must still be allowed. */
  function returnTarget({ result, linkId, returnTo }: InstallEnd): string | undefined {
    const url = returnTo === null ? undefined : allowedReturnTo(returnTo, config);
    if (!url) return undefined;
    return withResult(
      url,
      result instanceof AppError
        ? { install: result.code.replace('install_', ''), link: linkId }
        : { install: 'connected', portalId: String(result.portalId), link: linkId },
    );
  }

  function linksOf(request: Request): PageLinks {
    const cookie = readInstallCookie(request, config.HUBSPOT_REDIRECT_URI);
    return {
      startAgain: cookie && installLinkUrl(config, cookie.linkToken),
      home: config.INSTALL_RETURN_ORIGINS[0],
    };
  }
}

/** Not the token itself: it opens an install. */
function tokenName(token: unknown): string {
  return hashRandomToken(String(token)).toString('base64');
}

/** A parameter that is given twice counts as none. */
function single(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
