import type { AnswerHeaders } from '../wire/outcomes.js';
import type { TransportResult } from '../wire/transport.js';

/*
 * What a refusal of HubSpot's token endpoints means (HUBSPOT §3). Decided by the code and the status, never by the words, and so that doubt
 * never disconnects a customer: `gone` takes a code that says so.
 */

export interface OAuthFailure {
  /**
   * gone: the installation is no more. restart: the install has to be begun again. configuration: our mistake, no repeat helps until somebody
   * mends it. transient: it did not work now. unknown: it was sent and no answer came that can be read, so it may have taken effect.
   */
  readonly class: 'gone' | 'restart' | 'configuration' | 'transient' | 'unknown';
  readonly status?: number;
  /** HubSpot's, e.g. `BAD_REFRESH_TOKEN`; or ours for what never came to an answer. */
  readonly code?: string;
  readonly retryAfterMs?: number;
  /** In our words: HubSpot's may quote what was sent. */
  readonly message: string;
}

export class OAuthError extends Error {
  override readonly name = 'OAuthError';

  constructor(readonly failure: OAuthFailure) {
    super(failure.message);
  }
}

const CLASSES: Readonly<Record<string, OAuthFailure['class']>> = {
  BAD_REFRESH_TOKEN: 'gone',
  BAD_HUB: 'gone',
  BAD_AUTH_CODE: 'restart',
  BAD_CODE_VERIFIER: 'restart',
  BAD_CLIENT_ID: 'configuration',
  BAD_CLIENT_SECRET: 'configuration',
  BAD_REDIRECT_URI: 'configuration',
  BAD_GRANT_TYPE: 'configuration',
  BAD_SCOPES: 'configuration',
};
/** RFC 6749 §5.2, where HubSpot sends no code of its own. */
const STANDARD: Readonly<Record<string, OAuthFailure['class']>> = {
  invalid_client: 'configuration',
  unauthorized_client: 'configuration',
  unsupported_grant_type: 'configuration',
  invalid_scope: 'configuration',
  invalid_request: 'configuration',
};
/** Statuses that a repeat may change, whatever stands in the body. */
const PASSING = new Set([408, 425, 429]);
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export type GrantType = 'authorization_code' | 'refresh_token' | 'other';

/** A request that came to no 2xx answer which could be read. */
export function classifyOAuthFailure(result: TransportResult, grant: GrantType): OAuthFailure {
  if (result.kind === 'notSent')
    return {
      class: 'transient',
      code: 'not_sent',
      message: `HubSpot could not be reached (${result.reason})`,
    };
  if (result.kind === 'noAnswer')
    return {
      class: 'unknown',
      code: 'no_answer',
      message: `HubSpot took the request and did not answer (${result.reason})`,
    };
  const { status } = result;
  if (status >= 200 && status < 300)
    return {
      class: 'unknown',
      status,
      code: 'unreadable',
      message: `HubSpot answered ${status} with something that cannot be read`,
    };

  const retryAfterMs = retryAfter(result.headers);
  const base = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const body = status < 400 || status >= 500 || PASSING.has(status) ? undefined : objectIn(result.body);
  // Of 404 and 410 there need be no body: this version of the API is not there.
  if (!body && status !== 404 && status !== 410)
    return { ...base, class: 'transient', message: `HubSpot’s token endpoint answered ${status}` };

  const code = codeIn(body?.['status']) ?? codeIn(body?.['error']) ?? codeIn(body?.['category']);
  const known =
    code === undefined ? undefined : (CLASSES[code] ?? STANDARD[code] ?? invalidGrant(code, grant));
  return {
    ...base,
    class: known ?? 'configuration',
    ...(code === undefined ? {} : { code }),
    message: `HubSpot refused: ${code ?? `status ${status}`}`,
  };
}

function invalidGrant(code: string, grant: GrantType): OAuthFailure['class'] | undefined {
  if (code !== 'invalid_grant') return undefined;
  return grant === 'refresh_token' ? 'gone' : grant === 'authorization_code' ? 'restart' : undefined;
}

function objectIn(body: string | undefined): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body ?? '');
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Only what looks like a code: anything else may quote a secret. `error` as a status is HubSpot's word for every failure. */
function codeIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z_]{3,40}$/.test(value) && value !== 'error'
    ? value
    : undefined;
}

function retryAfter(headers: AnswerHeaders): number | undefined {
  const value = headers['retry-after'];
  const text = typeof value === 'string' ? value : value?.[0];
  return text !== undefined && /^\d{1,6}$/.test(text)
    ? Math.min(MAX_RETRY_AFTER_MS, Number(text) * 1000)
    : undefined;
}
