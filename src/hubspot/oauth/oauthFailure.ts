import { askedWait } from '../wire/hints.js';
import { isRecord, parseJson } from '../wire/json.js';
import type { TransportResult } from '../wire/transport.js';

/*
 * What a refusal of HubSpot's token endpoints means (docs/hubspot.md#oauth-and-tokens). The code and the status decide,
 * never the words, and doubt never disconnects a customer: only a code that says so makes a failure `gone`.
 */

export const OAUTH_FAILURES = ['gone', 'restart', 'configuration', 'transient', 'unknown'] as const;

export interface OAuthFailure {
  /**
   * gone: the installation does not exist any more. restart: the install has to be begun again. configuration: a
   * mistake of ours, which no repeat mends. transient: it did not work now. unknown: it was sent and no answer came
   * that can be read, so it may have taken effect.
   */
  readonly class: (typeof OAUTH_FAILURES)[number];
  readonly status?: number;
  /** HubSpot's code, such as `BAD_REFRESH_TOKEN`; or ours, where no answer came. */
  readonly code?: string;
  readonly retryAfterMs?: number;
  /** In our words: HubSpot's may quote a secret that was sent. */
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
/** RFC 6749, section 5.2, where HubSpot sends no code of its own. */
const STANDARD: Readonly<Record<string, OAuthFailure['class']>> = {
  invalid_client: 'configuration',
  unauthorized_client: 'configuration',
  unsupported_grant_type: 'configuration',
  invalid_scope: 'configuration',
  invalid_request: 'configuration',
};
/** With these statuses a repeat may help, whatever the body says. */
const PASSING = new Set([408, 425, 429]);
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export type GrantType = 'authorization_code' | 'refresh_token' | 'other';

/** Classifies a request to which no 2xx answer came that could be read. */
export function classifyOAuthFailure(
  result: TransportResult,
  grant: GrantType,
  nowMs = Date.now(),
): OAuthFailure {
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

  const waitMs = askedWait(result.headers, { nowMs, maxMs: MAX_RETRY_AFTER_MS });
  const base = { status, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  const decidable = status >= 400 && status < 500 && !PASSING.has(status);
  const parsed = decidable ? parseJson(result.body) : undefined;
  const body = isRecord(parsed) ? parsed : undefined;
  // 404 and 410 need no body: this version of the API does not exist.
  if (!body && status !== 404 && status !== 410)
    return { ...base, class: 'transient', message: `HubSpot's token endpoint answered ${status}` };

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

/**
 * Only what looks like a code: other text may quote a secret. A status of `error` is what HubSpot says of any failure.
 */
function codeIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z_]{3,40}$/.test(value) && value !== 'error'
    ? value
    : undefined;
}
