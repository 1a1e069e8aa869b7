import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { ConfigError, loadConfig } from '../platform/config.js';
import { API_KEYS_CHANNEL } from '../db/workspaces/apiKeys.js';
import { createDataKeys } from '../db/secrets/dataKeys.js';
import { listen as listenTo } from '../db/listen.js';
import { createPool } from '../db/pool.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../secrets/encryptionKeysCheck.js';
import {
  createHealth,
  databaseCheck,
  isolationCheck,
  migrationsCheck,
  temporalCheck,
} from '../platform/health.js';
import { createSealing } from '../secrets/sealing.js';
import { createOAuth } from '../hubspot/oauth/oauth.js';
import { createTransport } from '../hubspot/wire/transport.js';
import { createLifecycle } from '../platform/lifecycle.js';
import { createLogger } from '../platform/logger.js';
import { createMetrics } from '../platform/metrics.js';
import { connectTemporal } from '../temporal/connection.js';
import { createOutboxStarter } from '../temporal/outbox/starter.js';
import { createPortalStarter } from '../temporal/portals/starter.js';
import { createThrottleStarter } from '../temporal/throttle/starter.js';
import { createApp } from './http/app.js';
import { cacheKeysOf } from './http/keyCache.js';
import { createThrottleIntake } from './throttle/throttleIntake.js';

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config, 'api');
  const lifecycle = createLifecycle({ logger, deadlineMs: config.SHUTDOWN_DEADLINE_MS });

  const pool = createPool(config, { applicationName: 'sluice-api', logger });
  lifecycle.onStop('database pool', () => pool.end());
  const encryptionKeys = encryptionKeysCheck(pool, config.ENCRYPTION_KEYS);
  await refuseMissingKeys(encryptionKeys, logger);
  const temporal = connectTemporal(config);
  lifecycle.onStop('Temporal connection', () => temporal.close());

  const metrics = createMetrics('api');
  metrics.watchDatabase(pool, logger);
  const intake = createThrottleIntake({
    config,
    pool,
    logger,
    metrics,
    temporal: createThrottleStarter(temporal),
  });
  lifecycle.onStop('intake', () => intake.stop());

  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  lifecycle.onStop('connections to HubSpot', () => transport.close());

  const health = createHealth({
    checks: {
      database: databaseCheck(pool),
      migrations: migrationsCheck(pool),
      encryptionKeys,
      isolation: isolationCheck(pool, config, logger),
    },
    helpful: { temporal: temporalCheck(temporal) },
    lifecycle,
  });
  const keys = cacheKeysOf(pool, logger);
  const listener = listenTo(config, API_KEYS_CHANNEL, { logger, heard: (keyId) => keys.forget(keyId) });
  lifecycle.onStop('listener to API keys', () => listener.stop());
  const app = createApp({
    pool,
    keys,
    config,
    logger,
    metrics,
    health,
    actionHandler: intake.actionHandler,
    throttle: intake.control,
    sealing: createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool)),
    oauth: createOAuth({ transport, config, logger, metrics: metrics.tokens }),
    temporal: { ...createPortalStarter(temporal), ...createOutboxStarter(temporal) },
  });

  const server = createServer((request, response) => {
    // Senders that keep their connections alive would otherwise hold the shutdown up for as long as they send.
    if (lifecycle.stopping) response.shouldKeepAlive = false;
    app(request, response);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  // Longer than the idle time-out of the usual load balancers (60 s): it is they who close, so that none sends into a closing socket.
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, config.PORT);
  lifecycle.onStop('HTTP server', () => close(server));

  lifecycle.ready();
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://localhost:${port}` })}\n`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Accepts nothing new and waits for what is being answered; connections that idle are closed. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

main().catch((error: unknown) => {
  // What the operator can mend is said in a line; anything else needs its stack.
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
});
