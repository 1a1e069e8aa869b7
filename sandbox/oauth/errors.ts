import { randomUUID } from 'node:crypto';
import { json, type Answer } from '../platform/answer.js';

/** HubSpot's names in `status`, with OAuth's in `error` (docs/hubspot.md#oauth-and-tokens). */
const REFUSALS = {
  BAD_REFRESH_TOKEN: ['invalid_grant', 'refresh token is invalid, expired or revoked'],
  BAD_HUB: ['access_denied', 'missing or unknown hub id'],
  BAD_AUTH_CODE: ['invalid_grant', 'missing or unknown auth code'],
  BAD_CODE_VERIFIER: ['invalid_grant', 'missing or invalid code verifier'],
  BAD_CLIENT_ID: ['invalid_client', 'missing or unknown client id'],
  BAD_CLIENT_SECRET: ['invalid_client', 'missing or invalid client secret'],
  BAD_REDIRECT_URI: ['invalid_grant', 'missing or invalid redirect uri'],
  BAD_GRANT_TYPE: ['unsupported_grant_type', 'missing or unknown grant type'],
  BAD_SCOPES: ['invalid_scope', 'missing or unknown scopes'],
} as const;

export type Refusal = keyof typeof REFUSALS;
export const REFUSAL_CODES = Object.keys(REFUSALS) as [Refusal, ...Refusal[]];

/** A 400 in the form of the token endpoints, which differs from that of the API's errors. */
export function refused(status: Refusal, description?: string): Answer {
  const [error, usual] = REFUSALS[status];
  const message = description ?? usual;
  const correlationId = randomUUID();
  return json(
    400,
    { status, message, error, error_description: message, correlationId },
    { 'x-hubspot-correlation-id': correlationId },
  );
}
