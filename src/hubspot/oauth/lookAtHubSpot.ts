import type { Config } from '../../platform/config/config.js';
import { headerOf } from '../wire/headers.js';
import type { TransportResult } from '../wire/transport.js';
import { classifyOAuthFailure, type OAuthFailure } from './oauthFailure.js';
import { createTokenEndpoint } from './tokenEndpoint.js';
import { TOKEN_PATHS } from './tokenPaths.js';

/** What one question tells of HubSpot. */
export interface HubSpotSeen {
  /** Why there is no answer; undefined: there is one. */
  readonly away: string | undefined;
  /** By the header `Date` of the answer, to the second; undefined: it has none that can be read. */
  readonly dateMs: number | undefined;
  /** Whether HubSpot knows the client: `refused` with its code, `unclear` where its answer does not say. */
  readonly client: { readonly is: 'known' | 'refused' | 'unclear'; readonly code?: string };
}

const DEADLINE_MS = 4000;
/** Nobody's: HubSpot looks at who asks before it looks at the token, and then says that it does not know it. */
const NO_TOKEN = 'nobody-has-this-token';
const OF_THE_CLIENT = new Set([
  'BAD_CLIENT_ID',
  'BAD_CLIENT_SECRET',
  'invalid_client',
  'unauthorized_client',
]);

/**
 * Asks HubSpot to refresh a token that is nobody's: whether it answers, by what clock, and whether it knows the app,
 * all without anything being changed. While the client secret is rotated one of two is enough.
 */
export async function lookAtHubSpot(
  transport: Parameters<typeof createTokenEndpoint>[0]['transport'],
  config: Pick<Config, 'HUBSPOT_CLIENT_ID' | 'HUBSPOT_CLIENT_SECRET' | 'HUBSPOT_OAUTH_VERSION'>,
): Promise<HubSpotSeen> {
  const { send } = createTokenEndpoint({ transport, config });
  let seen: HubSpotSeen = { away: 'no secret', dateMs: undefined, client: { is: 'unclear' } };
  for (const secret of config.HUBSPOT_CLIENT_SECRET) {
    const form = {
      ...{ grant_type: 'refresh_token', refresh_token: NO_TOKEN },
      ...{ client_id: config.HUBSPOT_CLIENT_ID, client_secret: secret.reveal() },
    };
    const result = await send(
      { method: 'POST', path: TOKEN_PATHS[config.HUBSPOT_OAUTH_VERSION].token, form },
      performance.now() + DEADLINE_MS,
    );
    seen = seenIn(result);
    if (seen.client.is !== 'refused') return seen;
  }
  return seen;
}

function seenIn(result: TransportResult): HubSpotSeen {
  const failure = classifyOAuthFailure(result, 'refresh_token');
  if (result.kind !== 'answered')
    return { away: failure.message, dateMs: undefined, client: { is: 'unclear' } };
  const dateMs = Date.parse(headerOf(result.headers, 'date') ?? '');
  return {
    away: undefined,
    dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
    client: { is: verdictOf(failure), ...(failure.code !== undefined && { code: failure.code }) },
  };
}

function verdictOf({ class: kind, code = '' }: OAuthFailure): HubSpotSeen['client']['is'] {
  if (OF_THE_CLIENT.has(code)) return 'refused';
  return kind === 'gone' ? 'known' : 'unclear';
}
