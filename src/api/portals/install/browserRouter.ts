import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { openInstallLink } from '../../../db/portals/installLinks.js';
import { AppError } from '../../../platform/errors.js';
import { toAppError } from '../../http/problem.js';
import type { Config } from '../../../platform/config/config.js';
import { begin, hashOf, type BeginDependencies } from './begin.js';
import { completeInstall, type CompleteDependencies, type InstallEnd } from './completeInstall.js';
import { newToken, readInstallCookie, setInstallCookie } from './installCookie.js';
import { sendConnected, sendFailure, wantsJson, type Ways } from './pages.js';
import { allowedReturn, withResult } from './returnTo.js';

interface Dependencies extends BeginDependencies, CompleteDependencies {
  readonly config: BeginDependencies['config'] & Pick<Config, 'INSTALL_RETURN_ORIGINS'>;
  /** By address: nobody has a key here. */
  readonly limit: RequestHandler;
}

/** The two routes that people's browsers open: a link of ours, and HubSpot's redirect back. No key; the token and the state are the proof. */
export function browserRouter(deps: Dependencies): Router {
  const { pool, config, logger } = deps;
  const router = Router();
  const place = { redirectUri: config.HUBSPOT_REDIRECT_URI };
  router.use(['/start', '/callback'], deps.limit);

  router.get('/start/:token', async (request, response) => {
    const { token } = request.params;
    const link = await openInstallLink(pool, hashOf(token));
    if (!link) {
      throw new AppError(
        'install_expired',
        'This link has been used, has expired, or is not complete. Ask for a new one.',
      );
    }
    await redirectToHubSpot(deps, request, response, { link, token });
  });

  router.get('/callback', async (request, response) => {
    const cookie = readInstallCookie(request, place);
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
      sendFailure(request, response, end.result, waysOf(request));
    } else {
      sendConnected(request, response, end.result, waysOf(request).home);
    }
  });

  // Express tells error handlers from others by their four parameters.
  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    const known = toAppError(error);
    if (known.status >= 500) logger.error(known.message, { error: known.details.cause ?? known });
    if (response.headersSent) return next(error);
    // A link that was just refused is not offered again.
    const { startAgain, ...ways } = waysOf(request);
    sendFailure(request, response, known, {
      ...ways,
      startAgain: request.path.startsWith('/start') ? undefined : startAgain,
    });
  };
  router.use(['/start', '/callback'], onError);
  return router;

  /** Where the application that sent the person wants them back, with how it ended. Its origin must (still) be allowed. */
  function returnTarget({ result, linkId, returnTo }: InstallEnd): string | undefined {
    const url = returnTo === null ? undefined : allowedReturn(returnTo, config);
    if (!url) return undefined;
    return withResult(
      url,
      result instanceof AppError
        ? { install: result.code.replace('install_', ''), link: linkId }
        : { install: 'connected', portalId: String(result.portalId), link: linkId },
    );
  }

  function waysOf(request: Request): Ways {
    const cookie = readInstallCookie(request, place);
    return {
      startAgain: cookie && linkUrl(config, cookie.linkToken),
      home: config.INSTALL_RETURN_ORIGINS[0],
    };
  }
}

/** Sends this browser to HubSpot's page, with the cookie by which it is known when it comes back. */
export async function redirectToHubSpot(
  deps: BeginDependencies,
  request: Request,
  response: Response,
  { link, token }: { link: Parameters<typeof begin>[1]; token: string },
): Promise<void> {
  const place = { redirectUri: deps.config.HUBSPOT_REDIRECT_URI };
  const browser = readInstallCookie(request, place)?.browser ?? newToken();
  const target = await begin(deps, link, browser);
  setInstallCookie(response, place, { browser, linkToken: token });
  response.set('Cache-Control', 'no-store').redirect(302, target);
}

/** Beside the callback, so that the cookie which is set there comes back here. */
export function linkUrl(
  { HUBSPOT_REDIRECT_URI }: Pick<Config, 'HUBSPOT_REDIRECT_URI'>,
  token: string,
): string {
  return new URL(`start/${token}`, HUBSPOT_REDIRECT_URI).href;
}

/** A parameter that is given twice is as good as none. */
function single(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
