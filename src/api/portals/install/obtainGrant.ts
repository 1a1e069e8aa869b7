import { setTimeout as delay } from 'node:timers/promises';
import { crashPoint } from '../../../platform/crashPoint.js';
import { AppError } from '../../../platform/errors.js';
import { OAuthError, type Grant, type OAuth, type OAuthFailure } from '../../../hubspot/oauth/oauth.js';
import type { Secret } from '../../../platform/secret.js';

/** What an install needs of HubSpot's token endpoints. */
export type InstallOAuth = Pick<OAuth, 'exchangeCode' | 'introspect'>;

export interface InstallGrant extends Pick<Grant, 'accessToken' | 'refreshToken' | 'expiresInMs'> {
  readonly portalId: number;
  readonly hubDomain: string | null;
  readonly granted: readonly string[];
}

/** How often a failure that may pass is tried. A person waits for the answer. Of a stranger's code: once. */
const TRIES = 3;
const MAX_WAIT_MS = 2000;

/**
 * Exchanges the code and finds out what was granted for which account. Throws an AppError that says what went wrong.
 */
export async function obtainGrant(
  oauth: InstallOAuth,
  input: { code: string; codeVerifier?: Secret; redirectUri: string; begunAtHubSpot?: boolean },
): Promise<InstallGrant> {
  const tries = input.begunAtHubSpot === true ? 1 : TRIES;
  const grant = await withRetries(tries, () => oauth.exchangeCode(input));
  crashPoint('portals.install.exchanged');
  // The token's own description knows the domain, and what older versions of the API leave out of their reply.
  const described = await withRetries(tries, () => oauth.introspect(grant.accessToken)).catch(
    (error: unknown) => {
      if (grant.portalId !== undefined && grant.scopes !== undefined) return undefined;
      throw error;
    },
  );
  const portalId = grant.portalId ?? described?.portalId;
  const granted = grant.scopes ?? described?.scopes;
  if (portalId === undefined || granted === undefined) {
    throw new AppError(
      'install_unavailable',
      'HubSpot did not say which account it granted access to. Nothing was stored.',
    );
  }
  const { accessToken, refreshToken, expiresInMs } = grant;
  return {
    accessToken,
    refreshToken,
    expiresInMs,
    portalId,
    granted,
    hubDomain: described?.hubDomain ?? null,
  };
}

/** Repeats a request that failed in a way that may pass. */
async function withRetries<T>(tries: number, ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const waitMs = Math.max(500 * tried, error.failure.retryAfterMs ?? 0);
      // `unknown` is not tried again: a code works once, and HubSpot may have taken it.
      if (error.failure.class !== 'transient' || tried === tries || waitMs > MAX_WAIT_MS)
        throw toAppError(error);
      await delay(waitMs);
    }
  }
}

function toAppError(error: OAuthError): AppError {
  return new AppError(CODES[error.failure.class], messageOf(error.failure), { cause: error });
}

const CODES = {
  restart: 'install_expired',
  gone: 'install_expired',
  configuration: 'install_misconfigured',
  transient: 'install_unavailable',
  unknown: 'install_unavailable',
} as const satisfies Record<OAuthFailure['class'], string>;

function messageOf({ class: kind, code }: OAuthFailure): string {
  switch (kind) {
    case 'restart':
    case 'gone':
      return 'HubSpot no longer takes the code that it gave this browser. Nothing was stored.';
    case 'configuration':
      return (
        `HubSpot refused the app itself (${code ?? 'without a reason'}): check HUBSPOT_CLIENT_ID, ` +
        'HUBSPOT_CLIENT_SECRET, HUBSPOT_REDIRECT_URI and the scopes that the app declares. Nothing was stored.'
      );
    case 'transient':
    case 'unknown':
      return 'HubSpot did not answer in time, or could not. Nothing was stored.';
  }
}
