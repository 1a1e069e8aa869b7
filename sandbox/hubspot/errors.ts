import { randomUUID } from 'node:crypto';
import { json, type Answer } from '../platform/answer.js';
import type { LimitPolicy } from '../portals/portal.js';

/** An error body of HubSpot's API (docs/hubspot.md#errors-and-status-codes). */
export function failure(
  status: number,
  category: string,
  message: string,
  extra: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer {
  const correlationId = randomUUID();
  const body = { status: 'error', message, correlationId, category, ...extra };
  return json(status, body, { 'x-hubspot-correlation-id': correlationId, ...headers });
}

const AUTH_FAILURE = { 'x-hubspot-auth-failure': '401 Unauthorized' };

export function credentialsMissing(): Answer {
  const message =
    'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more ' +
    'details at https://developers.hubspot.com/docs/methods/auth/oauth-overview';
  return failure(401, 'INVALID_AUTHENTICATION', message, {}, AUTH_FAILURE);
}

export function credentialsInvalid(): Answer {
  const message = 'The OAuth token used to make this call is invalid.';
  return failure(401, 'INVALID_AUTHENTICATION', message, {}, AUTH_FAILURE);
}

export function developerKeyInvalid(): Answer {
  const message = 'The API key provided is invalid. View or manage your API key in your developer account.';
  return failure(401, 'INVALID_AUTHENTICATION', message, {}, AUTH_FAILURE);
}

export function tokenExpired(agoMs: number, expiredAtEpochMs: number): Answer {
  const message = `The OAuth token used to make this call expired ${Math.floor(agoMs / 1000)} second(s) ago.`;
  // HubSpot's key has a space in it.
  const context = { 'expire time': [new Date(expiredAtEpochMs).toISOString()] };
  return failure(401, 'EXPIRED_AUTHENTICATION', message, { context }, AUTH_FAILURE);
}

/** What each policy says of itself in a 429 (docs/hubspot.md#limits). */
const LIMITS: Readonly<Record<LimitPolicy, { word: string; group: string }>> = {
  TEN_SECONDLY_ROLLING: { word: 'ten_secondly_rolling', group: 'app-api-calls-ten-secondly' },
  SECONDLY: { word: 'secondly', group: 'crm-search-secondly' },
  DAILY: { word: 'daily', group: 'private-app-api-calls-daily' },
};

export function limitReached(policyName: LimitPolicy, appId: number, portalId: number): Answer {
  const correlationId = randomUUID();
  const { word, group } = LIMITS[policyName];
  const body = {
    status: 'error',
    message: `You have reached your ${word} limit.`,
    errorType: 'RATE_LIMIT',
    correlationId,
    policyName,
    ...(policyName === 'DAILY'
      ? { requestId: correlationId }
      : { groupName: `publicapi:${group}:${appId}:${portalId}` }),
  };
  return json(429, body, { 'x-hubspot-correlation-id': correlationId });
}

export function validationError(message: string, errors: { message: string; in?: string }[] = []): Answer {
  return failure(400, 'VALIDATION_ERROR', message, errors.length > 0 ? { errors } : {});
}

export function callbackNotFound(callbackId: string, appId: number): Answer {
  return failure(404, 'OBJECT_NOT_FOUND', `Callback with ID ${callbackId} not found for App ID ${appId}`);
}

export function nothingHere(method: string, path: string): Answer {
  return failure(404, 'OBJECT_NOT_FOUND', `Unable to find a resource for ${method} ${path}`);
}

export function methodNotAllowed(allow: string): Answer {
  return failure(405, 'BAD_REQUEST', 'HTTP 405 Method Not Allowed', {}, { allow });
}

export function bodyTooLarge(): Answer {
  return failure(413, 'VALIDATION_ERROR', 'The request body is too large.');
}

export function wrongMediaType(expected: string): Answer {
  return failure(415, 'BAD_REQUEST', `HTTP 415 Unsupported Media Type: ${expected} is expected.`);
}

/** `requiredGranularScopes` are alternatives: one of them is enough (docs/hubspot.md#oauth-and-tokens). */
export function missingScopes(required: readonly string[]): Answer {
  const scopes = 'https://developers.hubspot.com/scopes';
  const message =
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: " +
    `${scopes}.`;
  return failure(403, 'MISSING_SCOPES', message, {
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: required },
      },
    ],
    links: { scopes },
  });
}

const CATEGORY_OF: Readonly<Record<number, string>> = {
  400: 'VALIDATION_ERROR',
  403: 'MISSING_SCOPES',
  404: 'OBJECT_NOT_FOUND',
  409: 'CONFLICT',
  429: 'RATE_LIMITS',
  502: 'SERVICE_UNAVAILABLE',
  503: 'SERVICE_UNAVAILABLE',
  504: 'SERVICE_UNAVAILABLE',
};

/** The answer of a fault that names a status. */
export function failureOfStatus(
  status: number,
  appId: number,
  portalId: number | undefined,
  policy: LimitPolicy = 'TEN_SECONDLY_ROLLING',
): Answer {
  if (status === 401) return credentialsInvalid();
  if (status === 429) return limitReached(policy, appId, portalId ?? 0);
  if (status === 477)
    return failure(477, 'BAD_REQUEST', 'This portal is being migrated.', {}, { 'retry-after': '60' });
  const category = CATEGORY_OF[status] ?? (status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
  return failure(
    status,
    category,
    status >= 500 ? 'internal error' : `A fault of the sandbox answers ${status}`,
  );
}

/** The page of the network before HubSpot: HubSpot cannot be reached, or nobody wants to pass this on. */
export function htmlPage(status: number): Answer {
  const reason = status === 414 ? 'URI Too Long' : 'Bad gateway';
  const body =
    `<!DOCTYPE html>\n<html lang="en-US"><head><title>hubapi.com | ${status}: ${reason}</title></head>` +
    `<body><h1>Error ${status}</h1><p>Ray ID: ${randomUUID().slice(0, 16)}</p></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' }, body };
}
