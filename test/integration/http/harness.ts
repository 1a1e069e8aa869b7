import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiCore } from '../../../src/api/core.js';
import { answerCheck } from '../../../src/api/http/answerCheck.js';
import { createApp } from '../../../src/api/http/app.js';
import { apiListener } from '../../../src/api/http/listeners.js';
import { cacheKeysOf } from '../../../src/api/http/keyCache.js';
import type { SluiceConfig } from '../../../src/sdk/definitions/defineConfig.js';
import { actionSecretsOf, inlineActionsOf } from '../../../src/services/definitions/actionSecrets.js';
import { definitionsOf } from '../../../src/services/definitions/loadDefinitions.js';
import { loadConfig, readVariables, type Config } from '../../../src/platform/config/config.js';
import {
  API_KEYS_CHANNEL,
  newApiKey,
  SCOPES,
  storeApiKey,
  type Scope,
} from '../../../src/db/workspaces/apiKeys.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { listen } from '../../../src/db/listen.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createHealth } from '../../../src/platform/health.js';
import type { SyncStarter } from '../../../src/temporal/sync/starter.js';
import type { ThrottleControl } from '../../../src/api/throttle/throttleControl.js';
import type { Gateway } from '../../../src/hubspot/gateway/gateway.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
import { openJournal } from '../../../src/hubspot/tokens/openJournal.js';
import { openInstallJournal } from '../../../src/api/portals/install/installJournal.js';
import { createLifecycle } from '../../../src/platform/lifecycle.js';
import { createLogger, type Logger } from '../../../src/platform/logger.js';
import { createMetrics, type Metrics } from '../../../src/platform/metrics.js';
import { createSignedCalls } from '../../../src/api/http/signedCalls.js';
import { createDatabaseClock } from '../../../src/db/clock.js';
import { createTestRooms, signedRoutesOf } from '../../support/apiRooms.js';
import { createApiClient, type ApiClient } from '../../support/apiClient.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { buildWithRoutes, type Route } from '../../support/routes.js';
import { WORKSPACE } from '../../support/throttle.js';

export const OTHER_WORKSPACE = '00000000-0000-4000-8000-000000000002';

export interface ApiHarness {
  readonly url: string;
  readonly database: TestDatabase;
  readonly config: Config;
  readonly metrics: Metrics;
  /** Everything that it serves. */
  readonly routes: readonly Route[];
  /** A client of the workspace that `seedLane` uses, with every scope. */
  readonly api: ApiClient;
  /** What the API asked of the throttle, in order: `replan 1,2`. */
  readonly controlCalls: string[];
  /**
   * The header of a key that is the harness's own. A new key for each request would be a stranger's: no more than 120
   * of those are looked up in a minute.
   */
  readonly authorization: string;
  /** A new key, as text. */
  key(options?: { workspaceId?: string; scopes?: readonly Scope[] }): Promise<string>;
  client(options?: { workspaceId?: string; scopes?: readonly Scope[] }): Promise<ApiClient>;
  close(): Promise<void>;
}

/** A HubSpot that knows one thing: a token that ends in `-<number>` is that account's. */
function accountsByToken(): Transport {
  return {
    send({ path, headers }) {
      const [, portalId] = /-(\d+)$/.exec(headers.authorization ?? '') ?? [];
      const isAccount = path.startsWith('/account-info/');
      const [status, body] =
        isAccount && portalId ? [200, { portalId: Number(portalId) }] : [isAccount ? 401 : 404, {}];
      return Promise.resolve({ kind: 'answered', status, headers: {}, body: JSON.stringify(body) });
    },
    close: () => Promise.resolve(),
  };
}

/** The API over HTTP on a real database, with a throttle and a Temporal that only note what they are asked. */
export async function startApi(
  control: Partial<ThrottleControl> = {},
  env: Readonly<Record<string, string>> = {},
  logger: Logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  readLoadFacts?: SyncStarter['readLoadFacts'],
  gateway?: Pick<Gateway, 'request'>,
  own?: SluiceConfig,
): Promise<ApiHarness> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const database = await createTestDatabase();
  const { pool } = database;
  for (const [id, name] of [
    [WORKSPACE, 'ours'],
    [OTHER_WORKSPACE, 'theirs'],
  ]) {
    await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [id, name]);
  }

  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: database.url.reveal(),
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: 'secret',
    ENCRYPTION_KEYS: `dev:${Buffer.alloc(32, 7).toString('base64')}`,
    LOG_LEVEL: 'silent',
    HUBSPOT_ENABLED: 'true',
    PUBLIC_URL: url,
    ...env,
  });
  const lifecycle = createLifecycle({
    logger,
    deadlineMs: 1000,
    signals: { on: () => process },
    exit: () => undefined,
  });
  lifecycle.ready();
  const controlCalls: string[] = [];

  const keys = cacheKeysOf(pool, logger);
  const listener = listen(config, API_KEYS_CHANNEL, { logger, heard: (keyId) => keys.forget(keyId) });
  const transport =
    env.HUBSPOT_API_BASE_URL === undefined ? accountsByToken() : createTransport(config.HUBSPOT_API_BASE_URL);
  const definitions = definitionsOf(own);
  const core: ApiCore = {
    ...{ pool, intakePool: pool, probePool: pool, config, logger, transport },
    definitions,
    actionSecrets: actionSecretsOf(inlineActionsOf(definitions), (names) => readVariables(names, env)),
    metrics: createMetrics('test'),
    temporal: {} as ApiCore['temporal'], // the rooms get starters that note what they are asked
    sealing: createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool)),
    tokenMetrics: { oauthRequest: () => undefined, refreshed: () => undefined },
    answerCheck: answerCheck(config, logger),
  };
  const journal = await openJournal(config, logger, openInstallJournal);
  const health = createHealth({ checks: [], lifecycle });
  const rooms = createTestRooms(core, controlCalls, control, journal, health, readLoadFacts, gateway);
  const signed = createSignedCalls({
    ...{ config, logger, clock: createDatabaseClock({ pool, logger }) },
    routes: rooms.flatMap(({ signed: routes = [] }) => routes),
  });
  const { app, routes: served } = buildWithRoutes(() => createApp({ ...core, keys, health }, rooms));
  const routes = [...served, ...signedRoutesOf(rooms)];
  server.on('request', apiListener(signed, app));

  const key: ApiHarness['key'] = async ({ workspaceId = WORKSPACE, scopes = SCOPES } = {}) => {
    const made = newApiKey('test');
    const db = forWorkspace(pool, workspaceId);
    await storeApiKey(db, { workspaceId, name: randomUUID(), key: made, scopes, createdBy: 'test' });
    return made.reveal();
  };
  const client: ApiHarness['client'] = async (options) => {
    const made = await key(options);
    return createApiClient(() => url, made);
  };
  const ownKey = await key();

  return {
    url,
    database,
    config,
    metrics: core.metrics,
    routes,
    api: createApiClient(() => url, ownKey),
    authorization: `Bearer ${ownKey}`,
    controlCalls,
    key,
    client,
    async close() {
      await listener.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await transport.close();
      await database.drop();
    },
  };
}
