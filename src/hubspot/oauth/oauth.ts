import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { Secret } from '../../platform/secret.js';
import { createSeldom } from '../../platform/seldom.js';
import type { Permit } from '../budget/permit.js';
import { lifetimeMs } from '../wire/hints.js';
import type { Transport } from '../wire/transport.js';
import { OAuthError, type OAuthFailure } from './oauthFailure.js';
import { bodyOf, createTokenEndpoint, fail } from './tokenEndpoint.js';
import { dated, TOKEN_PATHS } from './tokenPaths.js';

export { OAuthError, type OAuthFailure } from './oauthFailure.js';

/*
 * HubSpot's token endpoints. They are asked over the gateway's transport and under a limit of their own: a token that
 * is refreshed too late costs more than a slot of the portal's. Parameters go in the body, never in the address, which
 * servers log.
 */

/** What HubSpot grants. `portalId` and `scopes` are missing in the answers of v1: ask `introspect`. */
export interface Grant {
  readonly portalId: number | undefined;
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  /** As HubSpot says, within bounds. */
  readonly expiresInMs: number;
  readonly scopes: readonly string[] | undefined;
  readonly userId?: number;
}

/** What HubSpot says of a token. Not active: it never was one, or it ended. */
export interface TokenInfo {
  readonly active: boolean;
  readonly portalId: number | undefined;
  readonly hubDomain: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly appId: number | undefined;
  readonly userId: number | undefined;
}

/** Each throws an `OAuthError` for whatever HubSpot and the network do. */
export interface OAuth {
  /** `codeVerifier`: where we began; HubSpot itself begins without PKCE. */
  exchangeCode(input: {
    code: string;
    codeVerifier?: Secret | undefined;
    redirectUri: string;
    /** The code came without a state of ours: anybody may have made it up. */
    begunAtHubSpot?: boolean;
  }): Promise<Grant>;
  /** `maySend` is asked at the moment of sending: false, and nothing is sent. */
  refresh(input: { refreshToken: Secret; portalId: number; maySend?: () => boolean }): Promise<Grant>;
  introspect(accessToken: Secret): Promise<TokenInfo>;
  /** A token of the app itself, for no portal. It cannot be refreshed. */
  appToken(scopes: readonly string[]): Promise<{ token: Secret; expiresInMs: number }>;
  /** Access tokens that were issued live on until they expire. */
  revoke(refreshToken: Secret): Promise<void>;
}

export interface OAuthMetrics {
  oauthRequest(event: { operation: Operation; result: 'ok' | OAuthFailure['class']; ms: number }): void;
}

/** `lead`: the exchange of a code that anybody may have brought. Its failures are counted and logged apart. */
type Operation = 'exchange' | 'lead' | 'refresh' | 'introspect' | 'revoke' | 'appToken';

/** Of one operation as a whole. Nobody may take a refresh over before it, so nothing depends on it being short. */
const DEADLINES_MS: Record<Operation, number> = {
  exchange: 20_000,
  lead: 20_000,
  refresh: 60_000,
  introspect: 15_000,
  revoke: 30_000,
  appToken: 15_000,
};
/*
 * What is not needed refuses nothing: a token that was granted is lost where its answer is not taken, so a field that
 * is null, missing or of another kind counts as not said. `expires_in` is read by `lifetimeMs`.
 */
const idSchema = z
  .union([
    z.int().positive(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined);
const scopesSchema = z.array(z.string()).optional().catch(undefined);
const grantSchema = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional().catch(undefined),
  expires_in: z.unknown(),
  hub_id: idSchema,
  user_id: idSchema,
  scopes: scopesSchema,
});
const infoSchema = z.looseObject({
  active: z.boolean().optional().catch(undefined), // v1 has no such field: it answers 404
  hub_id: idSchema,
  hub_domain: z.string().optional().catch(undefined),
  scopes: scopesSchema,
  app_id: idSchema,
  user_id: idSchema,
});

export function createOAuth(deps: {
  transport: Transport;
  config: Pick<Config, 'HUBSPOT_CLIENT_ID' | 'HUBSPOT_CLIENT_SECRET' | 'HUBSPOT_OAUTH_VERSION'>;
  logger: Logger;
  metrics?: OAuthMetrics;
  /** A slot of the portal's limit of token requests; without it, refreshes are not counted. */
  acquire?: (portalId: number, signal: AbortSignal) => Promise<Permit>;
}): OAuth {
  const { config, logger, metrics } = deps;
  const version = config.HUBSPOT_OAUTH_VERSION;
  const seldom = createSeldom();
  const { send, asClient, underLimit } = createTokenEndpoint(deps);

  /** Runs one operation within its deadline, and says what became of it. */
  async function run<T>(
    operation: Operation,
    portalId: number | undefined,
    work: (deadlineAt: number) => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    const observe = (result: 'ok' | OAuthFailure['class']) =>
      metrics?.oauthRequest({ operation, result, ms: performance.now() - startedAt });
    try {
      const value = await work(startedAt + DEADLINES_MS[operation]);
      observe('ok');
      return value;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const { class: kind, status, code } = error.failure;
      observe(kind);
      const said = operation === 'lead' ? seldom(kind) : {};
      const level = kind === 'configuration' ? 'error' : 'warn';
      if (said) logger.log(level, `HubSpot OAuth: ${operation} ${kind}`, { portalId, status, code, ...said });
      throw error;
    }
  }

  return {
    exchangeCode: ({ code, codeVerifier, redirectUri, begunAtHubSpot = false }) =>
      run(begunAtHubSpot ? 'lead' : 'exchange', undefined, async (deadlineAt) => {
        const form = {
          grant_type: 'authorization_code',
          code,
          redirect_uri: redirectUri,
          ...(codeVerifier && { code_verifier: codeVerifier.reveal() }),
        };
        const grant = 'authorization_code';
        return grantIn(await asClient(TOKEN_PATHS[version].token, form, { deadlineAt, grant }));
      }),

    refresh: ({ refreshToken, portalId, maySend = () => true }) =>
      run('refresh', portalId, (deadlineAt) =>
        underLimit(portalId, async (unexpired) => {
          const form = { grant_type: 'refresh_token', refresh_token: refreshToken.reveal() };
          const body = await asClient(TOKEN_PATHS[version].token, form, {
            ...{ deadlineAt, grant: 'refresh_token' },
            maySend: () => maySend() && unexpired(),
          });
          return grantIn(body, refreshToken);
        }),
      ),

    introspect: (accessToken) =>
      run('introspect', undefined, async (deadlineAt) => {
        const { introspect } = TOKEN_PATHS[version];
        if (introspect !== undefined) {
          const form = { token: accessToken.reveal(), token_type_hint: 'access_token' };
          return infoIn(await asClient(introspect, form, { deadlineAt, grant: 'other' }));
        }
        const path = `/oauth/v1/access-tokens/${encodeURIComponent(accessToken.reveal())}`;
        const result = await send({ method: 'GET', path }, deadlineAt);
        if (result.kind === 'answered' && result.status === 404) return NOT_ACTIVE;
        return infoIn(bodyOf(result) ?? fail(result));
      }),

    appToken: (scopes) =>
      run('appToken', undefined, async (deadlineAt) => {
        const form = { grant_type: 'client_credentials', scope: scopes.join(' ') };
        // v1 knows no such grant.
        const { token: path } = version === 'v1' ? dated('2026-03') : TOKEN_PATHS[version];
        const body = await asClient(path, form, { deadlineAt, grant: 'other' });
        const { access_token, expires_in } = parsed(grantSchema, body);
        return { token: new Secret(access_token), expiresInMs: lifetimeMs(expires_in) };
      }),

    revoke: (refreshToken) =>
      run('revoke', undefined, async (deadlineAt) => {
        const { revoke } = TOKEN_PATHS[version];
        if (revoke !== undefined) {
          const form = { token: refreshToken.reveal(), token_type_hint: 'refresh_token' };
          await asClient(revoke, form, { deadlineAt, grant: 'other' });
          return;
        }
        const path = `/oauth/v1/refresh-tokens/${encodeURIComponent(refreshToken.reveal())}`;
        const result = await send({ method: 'DELETE', path }, deadlineAt);
        if (bodyOf(result) === undefined) fail(result);
      }),
  };
}

const NOT_ACTIVE: TokenInfo = {
  active: false,
  portalId: undefined,
  hubDomain: undefined,
  scopes: undefined,
  appId: undefined,
  userId: undefined,
};

/** `before`: the refresh token that it was made from, which stays where the answer has no other (RFC 6749, 6). */
function grantIn(body: string, before?: Secret): Grant {
  const grant = parsed(grantSchema, body);
  const refreshToken = grant.refresh_token === undefined ? before : new Secret(grant.refresh_token);
  if (refreshToken === undefined) throw unreadable();
  return {
    portalId: grant.hub_id,
    accessToken: new Secret(grant.access_token),
    refreshToken,
    expiresInMs: lifetimeMs(grant.expires_in),
    scopes: grant.scopes,
    ...(grant.user_id === undefined ? {} : { userId: grant.user_id }),
  };
}

function infoIn(body: string): TokenInfo {
  const info = parsed(infoSchema, body);
  if (info.active === false) return NOT_ACTIVE;
  return {
    active: true,
    portalId: info.hub_id,
    hubDomain: info.hub_domain,
    scopes: info.scopes,
    appId: info.app_id,
    userId: info.user_id,
  };
}

/**
 * What was answered and cannot be understood may have taken effect all the same. The schema's words would quote it, so
 * they stay out.
 */
function parsed<T extends z.ZodType>(schema: T, body: string): z.infer<T> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw unreadable();
}

function unreadable(): OAuthError {
  return new OAuthError({
    class: 'unknown',
    status: 200,
    code: 'unreadable',
    message: 'HubSpot answered 200 with something that cannot be read',
  });
}
