import { audit } from '../../../db/audit/audit.js';
import { auditedTransaction } from '../../../db/audit/auditedTransaction.js';
import {
  completeInstallLink,
  consumeInstallState,
  type ConsumedState,
} from '../../../db/portals/installLinks.js';
import { untilAnswered } from '../../../db/untilAnswered.js';
import type { Config } from '../../../platform/config/config.js';
import { connectPortal, PORTALS_FULL, type ConnectResult } from '../../../db/portals/connectPortal.js';
import { takeOverPortal } from '../../../db/portals/takeOverPortal.js';
import {
  accessTokenContext,
  codeVerifierContext,
  refreshTokenContext,
} from '../../../secrets/encryptionContext.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import { missingScopes, scopesOf } from '../../../domain/portals/featureScopes.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import type { PortalId } from '../../../domain/portals/portal.js';
import type { Logger } from '../../../platform/logger.js';
import { inBrackets } from './callbackQuery.js';
import { hashRandomToken } from './randomToken.js';
import { limitsOf, type Limit, type PortalNotes } from '../portalNotes.js';
import type { StartPortalWorkflow } from '../startPortalWorkflow.js';
import { beginInstall, featuresOf, type RedirectDependencies } from './redirectToHubSpot.js';
import { obtainGrant, type InstallGrant, type InstallOAuth } from './obtainGrant.js';

/*
 * How an install ends: HubSpot sends the browser back with a code and the state. First the state is used up, whether
 * the rest succeeds or not; then the code is exchanged; then the portal, the link's end, the notice and the audit entry
 * are committed together.
 *
 * A grant that is not stored is not revoked: for one app and account HubSpot may give the same refresh token each time,
 * and a workspace that holds the account already would lose it.
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

export interface CompleteDependencies extends RedirectDependencies {
  readonly oauth: InstallOAuth;
  readonly logger: Logger;
  readonly startInstall: StartPortalWorkflow;
  readonly notes: readonly PortalNotes[];
  /** Ends a portal in the workspace that gives it up. */
  readonly startDisconnect: StartPortalWorkflow;
  readonly config: RedirectDependencies['config'] & Pick<Config, 'PORTALS_PER_WORKSPACE'>;
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
  checkAccount(begun, grant);
  checkScopes(begun, grant);
  return (await onceMore(deps, begun, grant, browser ?? '')) ?? store(deps, begun, grant);
}

/**
 * A link that names no account asks for what a new portal begins with. Where the account that was chosen has more
 * switched on, the grant would take scopes away: it is not stored, and HubSpot is asked again, for all of them.
 */
async function onceMore(
  deps: CompleteDependencies,
  { workspaceId, linkId, returnTo, features, actor, scopes }: ConsumedState,
  { portalId, granted }: InstallGrant,
  browser: string,
): Promise<AskedAgain | undefined> {
  const link = { workspaceId, expectedPortalId: portalId, features, returnTo, actor };
  const needed = scopesOf(await featuresOf(deps.pool, link));
  const notAskedFor = needed.filter((scope) => !granted.includes(scope) && !scopes.includes(scope));
  if (notAskedFor.length === 0) return undefined;
  return { again: await beginInstall(deps, { ...link, id: linkId }, browser) };
}

function checkAccount({ expectedPortalId }: ConsumedState, { portalId }: InstallGrant): void {
  if (expectedPortalId === null || expectedPortalId === portalId) return;
  throw new AppError(
    'install_wrong_account',
    `Account ${expectedPortalId} was to be connected, and account ${portalId} was chosen. Nothing was stored.`,
  );
}

function checkScopes({ scopes }: ConsumedState, { granted }: InstallGrant): void {
  const missing = scopes.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) return;
  throw new AppError(
    'install_missing_scope',
    `HubSpot did not grant ${missing.join(', ')}. Nothing was stored.`,
  );
}

async function store(
  deps: CompleteDependencies,
  begun: ConsumedState,
  grant: InstallGrant,
): Promise<Connected> {
  const { pool, sealing } = deps;
  const { workspaceId, linkId, features } = begun;
  const { portalId, hubDomain, granted } = grant;
  const [accessTokenSealed, refreshTokenSealed] = await Promise.all([
    sealing.seal(grant.accessToken, accessTokenContext(workspaceId, portalId)),
    sealing.seal(grant.refreshToken, refreshTokenContext(workspaceId, portalId)),
  ]);
  const commit = () =>
    auditedTransaction(pool, begun, async (client, note) => {
      const connected = await connectPortal(
        client,
        note,
        {
          auth: 'oauth',
          portalId,
          workspaceId,
          linkId,
          hubDomain,
          scopes: granted,
          features,
          accessTokenSealed,
          refreshTokenSealed,
          expiresInMs: grant.expiresInMs,
        },
        { maxPortals: deps.config.PORTALS_PER_WORKSPACE },
      );
      if (connected.kind === 'connected') await completeInstallLink(client, linkId);
      return connected;
    });
  // The code is used up: what the database does not take now is tried for as long as a person may wait for the page.
  const giveUpAt = performance.now() + PATIENCE.forMs;
  const connect = () =>
    untilAnswered(commit, {
      goOn: (_, error) => !(error instanceof AppError) && performance.now() < giveUpAt,
      onFailure: (error, attempt) =>
        deps.logger.warn('An install could not be stored yet', { portalId, attempt, error }),
      maxPauseMs: 1000,
    });
  const stored = await connectOrTakeOver(deps, { workspaceId, portalId, actor: begun.actor }, connect);
  if (stored.kind === 'held') {
    throw new AppError(
      'install_refused',
      'This HubSpot account cannot be connected here. Nothing was stored.',
    );
  }
  if (stored.kind === 'full') throw new AppError('install_refused', `${PORTALS_FULL} Nothing was stored.`);
  if (stored.kind === 'disconnecting') {
    throw new AppError(
      'install_busy',
      'This account is just being disconnected. Start again in a few minutes.',
    );
  }
  crashPoint('portals.install.committed');
  await deps.startInstall({ portalId, workspaceId, epoch: stored.portal.epoch });
  const { switchedOn, created } = stored.portal;
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

/**
 * An install proves that its workspace holds the account: one that never did, or has disconnected it, gives it up. What
 * waits there ends first, which the person waits for as long as a page may take.
 */
async function connectOrTakeOver(
  { pool, startDisconnect }: CompleteDependencies,
  taker: { workspaceId: string; portalId: number; actor: string },
  connect: () => Promise<ConnectResult>,
): Promise<ConnectResult> {
  const first = await connect();
  if (first.kind !== 'held') return first;
  crashPoint('portals.take.wanted');
  const released = await takeOverPortal(pool, taker, PATIENCE, startDisconnect);
  crashPoint('portals.take.released');
  if (released === 'ending') return { kind: 'disconnecting' };
  return released === 'free' ? connect() : first;
}
