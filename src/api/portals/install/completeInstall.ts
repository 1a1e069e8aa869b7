import { audit } from '../../../db/audit/audit.js';
import { consumeInstallState, type ConsumedState } from '../../../db/portals/installLinks.js';
import { untilAnswered } from '../../../db/untilAnswered.js';
import { missingScopes } from '../../../domain/portals/featureScopes.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import type { PortalId } from '../../../domain/portals/portal.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { codeVerifierContext } from '../../../secrets/encryptionContext.js';
import { limitsOf, type Limit, type PortalNotes } from '../portalNotes.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import { inBrackets } from './callbackQuery.js';
import type { KeptInstalls } from './keptInstalls.js';
import { obtainGrant, type InstallGrant, type InstallOAuth } from './obtainGrant.js';
import { hashRandomToken } from './randomToken.js';
import { accessOf, beginInstall, type RedirectDependencies } from './redirectToHubSpot.js';
import {
  checkGrant,
  portalOf,
  scopesNotAskedFor,
  storeInstall,
  type StoreDependencies,
} from './storeInstall.js';

/*
 * How an install ends: HubSpot sends the browser back with a code and the state. First the state is used up, whether
 * the rest succeeds or not; then the code is exchanged, and what is granted is kept (keptInstalls.ts) until it is
 * stored (storeInstall.ts).
 */

const PATIENCE = { everyMs: 250, forMs: 8000 };

export interface Callback {
  /** The secret in the browser's cookie; undefined when it brought none. */
  readonly browser: string | undefined;
  readonly state: string | undefined;
  readonly code: string | undefined;
  /** HubSpot's error when nothing was granted: `access_denied`. */
  readonly error: string | undefined;
}

/** The portal has more switched on than the grant covers, and was not asked for it: HubSpot's page once more. */
export interface AskedAgain {
  readonly again: string;
}

export interface Connected {
  readonly portalId: number;
  readonly hubDomain: string | null;
  readonly asked: readonly string[];
  readonly granted: readonly string[];
  /** Optional scopes that were asked for and not granted. */
  readonly notGranted: readonly string[];
  /** Features that are switched on and miss scopes. */
  readonly unmetFeatures: readonly { feature: Feature; missing: readonly string[] }[];
  /** Types of events that it does not take as they are declared. */
  readonly limitedTypes: readonly Limit[];
  readonly firstTime: boolean;
}

/** How the install ended, and where the browser goes from there. */
export interface InstallEnd {
  readonly result: Connected | AskedAgain | AppError;
  readonly linkId: string;
  readonly returnTo: string | null;
}

export interface CompleteDependencies extends RedirectDependencies, StoreDependencies {
  readonly oauth: InstallOAuth;
  readonly logger: Logger;
  readonly startInstall: StartPortalWorkflow;
  readonly notes: readonly PortalNotes[];
  readonly kept: Pick<KeptInstalls, 'whileKept'>;
  readonly config: RedirectDependencies['config'] & StoreDependencies['config'];
}

/** Throws where the state is not good: then it is not known by which link the install began. */
export async function completeInstall(deps: CompleteDependencies, callback: Callback): Promise<InstallEnd> {
  const { pool, logger } = deps;
  if (callback.browser === undefined) {
    throw new AppError(
      'install_wrong_browser',
      'The installation was begun in another browser or window, or this one keeps no cookies. Nothing was stored.',
    );
  }
  const stateHash = hashRandomToken(callback.state ?? '');
  const begun = await consumeInstallState(pool, stateHash, hashRandomToken(callback.browser));
  if (!begun) {
    throw new AppError(
      'install_expired',
      'It was begun too long ago, it has been used, or it was not begun here. Nothing was stored by this attempt.',
    );
  }
  crashPoint('portals.install.state-used');
  const result = await finish(deps, begun, stateHash, callback).catch(async (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    logger.log(error.status >= 500 ? 'error' : 'info', `An install failed: ${error.code}`, {
      workspaceId: begun.workspaceId,
      error: error.details.cause ?? error.message,
    });
    // How one that is kept ends is put on record when it does.
    if (error.code === 'install_kept') return error;
    crashPoint('portals.install.failed');
    const { workspaceId, actor, linkId } = begun;
    const operation = 'portal.install';
    await audit(pool, { workspaceId, actor, operation, subject: { linkId }, result: error.code });
    return error;
  });
  return { result, linkId: begun.linkId, returnTo: begun.returnTo };
}

async function finish(
  deps: CompleteDependencies,
  begun: ConsumedState,
  stateHash: Buffer,
  { error, code, browser }: Callback,
): Promise<Connected | AskedAgain> {
  if (error === 'access_denied')
    throw new AppError('install_denied', "On HubSpot's page the app was not allowed. Nothing was stored.");
  if (error !== undefined) {
    throw new AppError(
      'install_misconfigured',
      `HubSpot did not accept the request${inBrackets(error)}: check HUBSPOT_CLIENT_ID, ` +
        'HUBSPOT_REDIRECT_URI and that the app declares the scopes that are asked for.',
    );
  }
  if (code === undefined)
    throw new AppError(
      'invalid_input',
      'The browser came back from HubSpot without a code. Nothing was stored.',
    );
  const verifier = await deps.sealing.open(
    begun.codeVerifierSealed,
    codeVerifierContext(begun.workspaceId, stateHash),
  );
  const grant = await obtainGrant(deps.oauth, {
    code,
    codeVerifier: verifier,
    redirectUri: begun.redirectUri,
  });
  crashPoint('portals.install.granted');
  checkGrant(begun, grant);
  return deps.kept.whileKept(begun, grant, async () => {
    crashPoint('portals.install.noted');
    return (await onceMore(deps, begun, grant, browser ?? '')) ?? store(deps, begun, grant);
  });
}

/**
 * A link that names no account asks for what a new portal begins with. Where the account that was chosen has more
 * switched on, or has granted more, the grant would take scopes away: it is not stored, and HubSpot is asked again, for
 * all of them.
 */
async function onceMore(
  deps: CompleteDependencies,
  begun: ConsumedState,
  grant: InstallGrant,
  browser: string,
): Promise<AskedAgain | undefined> {
  const { workspaceId, linkId, returnTo, features, access, actor } = begun;
  const link = { workspaceId, expectedPortalId: grant.portalId, features, access, returnTo, actor };
  const needed = await scopesNotAskedFor(deps.pool, begun, grant);
  const had = await accessOf(deps.pool, link);
  const asked = [...begun.scopes, ...begun.optionalScopes];
  if (needed.length === 0 && had.every((scope) => asked.includes(scope))) return undefined;
  return { again: await beginInstall(deps, { ...link, id: linkId }, browser) };
}

async function store(
  deps: CompleteDependencies,
  begun: ConsumedState,
  grant: InstallGrant,
): Promise<Connected> {
  const { workspaceId } = begun;
  const { portalId, hubDomain, granted } = grant;
  // The code is used up: what the database does not take now is tried for as long as a person may wait for the page.
  const giveUpAt = performance.now() + PATIENCE.forMs;
  const stored = await storeInstall(deps, begun, grant, {
    patience: PATIENCE,
    repeated: (commit) =>
      untilAnswered(commit, {
        goOn: (_, error) => !(error instanceof AppError) && performance.now() < giveUpAt,
        onFailure: (error, attempt) =>
          deps.logger.warn('An install could not be stored yet', { portalId, attempt, error }),
        maxPauseMs: 1000,
      }),
  });
  const { epoch, switchedOn, created } = portalOf(stored);
  crashPoint('portals.install.committed');
  await deps.startInstall({ portalId, workspaceId, epoch });
  return {
    portalId,
    hubDomain,
    asked: begun.scopes,
    granted,
    notGranted: begun.optionalScopes.filter((scope) => !granted.includes(scope)),
    unmetFeatures: FEATURES.filter((feature) => switchedOn.includes(feature))
      .map((feature) => ({ feature, missing: missingScopes(feature, granted) }))
      .filter(({ missing }) => missing.length > 0),
    limitedTypes: await saidOf(deps, { workspaceId, portalId }, switchedOn),
    firstTime: created,
  };
}

/** The install stands, whether this can be read or not. */
async function saidOf(
  { notes, logger }: Pick<CompleteDependencies, 'notes' | 'logger'>,
  portal: PortalId,
  switchedOn: readonly Feature[],
): Promise<readonly Limit[]> {
  try {
    return await limitsOf(notes, portal, switchedOn);
  } catch (error) {
    logger.warn('What a new portal does not take cannot be read', { portalId: portal.portalId, error });
    return [];
  }
}
