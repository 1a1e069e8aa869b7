import { AppError } from '../../platform/errors.js';
import type { Secret } from '../../platform/secret.js';
import { classifyResponse } from '../wire/classifyResponse.js';
import { pathOf, type ApiVersions } from '../wire/paths.js';
import type { Transport } from '../wire/transport.js';
import { portalIdOf, timeZoneOf } from './accountInfo.js';

/** What HubSpot said of the account to which a token belongs. */
export interface ProvedAccount {
  readonly timeZone: string | undefined;
}

/**
 * Resolves when HubSpot says that the token is this portal's, and rejects otherwise: with what is wrong with the token,
 * or, when HubSpot did not say, with `unavailable`.
 */
export type ProveToken = (portalId: number, token: Secret) => Promise<ProvedAccount>;

const DEADLINE_MS = 10_000;

/**
 * Asks beside the gateway, as the OAuth client does: the portal is not known here yet, so it has no budget, and its
 * number is what has to be proved.
 */
export function createProveToken(deps: {
  readonly transport: Pick<Transport, 'send'>;
  readonly config: ApiVersions;
}): ProveToken {
  return async (portalId, token) => {
    const { method, path } = pathOf('readAccount', deps.config, {});
    const result = await deps.transport.send({
      method,
      path,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        'user-agent': 'sluice',
      },
      deadlineMs: DEADLINE_MS,
      maySend: () => true,
    });
    if (result.kind !== 'answered') throw unavailable(result.message);
    const clock = { nowMs: Date.now(), timeZone: 'UTC' };
    const outcome = classifyResponse(result.status, result.headers, result.body, clock);
    if (outcome.kind === 'unauthorized') throw refused('HubSpot refuses this token (401)');
    if (outcome.kind === 'forbidden')
      throw refused(
        'HubSpot does not tell this token whose it is (403): give it what reading the account needs',
      );
    const account = outcome.kind === 'ok' ? portalIdOf(outcome.body) : undefined;
    if (outcome.kind !== 'ok' || account === undefined)
      throw unavailable(`HubSpot answered ${result.status} when asked for the account`);
    if (account !== portalId) throw refused(`This token is of account ${account}, not of ${portalId}`);
    return { timeZone: timeZoneOf(outcome.body) };
  };
}

function refused(message: string): AppError {
  return new AppError('invalid_input', `${message}. Nothing was stored.`, {
    fields: [{ path: 'accessToken', message }],
  });
}

function unavailable(message: string): AppError {
  return new AppError(
    'unavailable',
    `HubSpot did not say whose token this is (${message}). Nothing was stored; try again in a minute.`,
    { retryAfterMs: 60_000 },
  );
}
