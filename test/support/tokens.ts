import { loadConfig, type Config } from '../../src/platform/config/config.js';
import { createPool, type Pool } from '../../src/db/pool.js';
import { createPortalResolver, type PortalResolver } from '../../src/db/portals/portalResolver.js';
import { accessTokenContext, refreshTokenContext } from '../../src/secrets/encryptionContext.js';
import { inWorkspace } from '../../src/db/tenant.js';
import { createTokenReader } from '../../src/db/tokens/tokens.js';
import type { OAuth } from '../../src/hubspot/oauth/oauth.js';
import type { Sealing } from '../../src/secrets/sealing.js';
import { createTokens, type Tokens } from '../../src/hubspot/tokens/tokens.js';
import { createTokenService, type TokenService } from '../../src/hubspot/tokens/tokenService.js';
import type { TokenJournal } from '../../src/hubspot/tokens/tokenJournal.js';
import { createTransport } from '../../src/hubspot/wire/transport.js';
import { createLogger, type Logger } from '../../src/platform/logger.js';
import { Secret } from '../../src/platform/secret.js';
import { testKey, testSealing } from './sealing.js';

const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

export function tokenConfig(
  databaseUrl: Secret,
  hubspotUrl: string,
  env: Record<string, string> = {},
): Config {
  const { id, key } = testKey('test');
  return loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl.reveal(),
    HUBSPOT_APP_ID: '77',
    HUBSPOT_CLIENT_ID: 'sandbox-client-id',
    HUBSPOT_CLIENT_SECRET: 'a-secret-of-the-app',
    HUBSPOT_API_BASE_URL: hubspotUrl,
    ENCRYPTION_KEYS: `${id}:${key.reveal()}`,
    LOG_LEVEL: 'silent',
    ...env,
  });
}

export interface TokenProcess extends TokenService {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  /** The calls to the token keepers. */
  readonly keeper: string[];
  /** The result of each refresh. */
  readonly results: string[];
}

/** The token service of one process, on connections of its own. */
export function startTokens(config: Config, logger: Logger = silent, journal?: TokenJournal): TokenProcess {
  const pool = createPool(config, { applicationName: 'tokens-test', logger, size: 4 });
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  const portalResolver = createPortalResolver(pool);
  const [keeper, results]: [string[], string[]] = [[], []];
  const service = createTokenService({
    pool,
    portalResolver,
    transport,
    config,
    logger,
    journal,
    metrics: { oauthRequest: () => undefined, refreshed: ({ result }) => void results.push(result) },
    keeper: {
      ensureRunning: async (portalId) => void keeper.push(`ensureRunning ${portalId}`),
      notifyChanged: async (portalId) => void keeper.push(`notifyChanged ${portalId}`),
    },
  });
  return {
    ...service,
    pool,
    portalResolver,
    keeper,
    results,
    async stop() {
      await service.stop();
      await transport.close();
      await pool.end();
    },
  };
}

/** Stores tokens as an install does: a new version of a new epoch. The access token was granted for half an hour. */
export async function storeInstall(
  pool: Pool,
  sealing: Sealing,
  install: {
    workspaceId: string;
    portalId: number;
    accessToken: string;
    refreshToken: string | null;
    expiresInMs: number | null;
  },
): Promise<void> {
  const { workspaceId, portalId } = install;
  const access = await sealing.seal(install.accessToken, accessTokenContext(workspaceId, portalId));
  const refresh =
    install.refreshToken === null
      ? null
      : await sealing.seal(install.refreshToken, refreshTokenContext(workspaceId, portalId));
  await inWorkspace(pool, workspaceId, (client) =>
    client.query(
      `INSERT INTO portals AS p
              (portal_id, workspace_id, auth, access_token, refresh_token, token_expires_at, token_version, epoch,
               refreshed_at)
       VALUES ($1, $2, 'oauth', $3, $4, clock_timestamp() + $5 * interval '1 ms', 1, 1,
               clock_timestamp() - greatest(0, 1800000 - coalesce($5, 1800000)) * interval '1 ms')
       ON CONFLICT (portal_id) DO UPDATE
          SET access_token = $3, refresh_token = $4, token_expires_at = excluded.token_expires_at,
              state = 'active', state_reason = NULL, token_version = p.token_version + 1, epoch = p.epoch + 1,
              refreshed_at = excluded.refreshed_at, refresh_failures = 0, refresh_not_before = NULL,
              refresh_error = NULL`,
      [portalId, workspaceId, access, refresh, install.expiresInMs],
    ),
  );
}

/** Tokens that are never refreshed: that of a private app, or those that are stored. */
export function plainTokens(
  pool: Pool,
  options: { sealing?: Sealing; token?: string; portalId?: number } = {},
): Tokens {
  const never = () => Promise.reject(new Error('nothing is refreshed here'));
  return createTokens({
    pool,
    readToken: createTokenReader(pool),
    portalResolver: createPortalResolver(pool),
    sealing: options.sealing ?? testSealing(),
    oauth: {
      ...{ exchangeCode: never, refresh: never, introspect: never, revoke: never, appToken: never },
    } satisfies OAuth,
    grants: {
      note: never,
      store: never,
      storeLeft: never,
      storeAllLeft: never,
    },
    locks: { claim: never, holds: () => false, release: () => undefined, stop: async () => undefined },
    config: {
      HUBSPOT_PRIVATE_APP_TOKEN: options.token === undefined ? undefined : new Secret(options.token),
      HUBSPOT_PORTAL_ID: options.portalId,
      TOKEN_REFRESH_BEFORE_MS: 60_000,
    },
    logger: silent,
  });
}
