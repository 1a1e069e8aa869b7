import { createServer, type Server } from 'node:http';
import { databaseCheck, isolationCheck, migrationsCheck } from '../db/checks.js';
import { listen as listenTo } from '../db/listen.js';
import { API_KEYS_CHANNEL } from '../db/workspaces/apiKeys.js';
import { ConfigError, loadConfig } from '../platform/config/config.js';
import { createHealth } from '../platform/health.js';
import { hostOf, listenOn } from '../platform/listen.js';
import { createLifecycle } from '../platform/lifecycle.js';
import { createLogger } from '../platform/logger.js';
import { createMetrics } from '../platform/metrics.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../secrets/encryptionKeysCheck.js';
import { openCore } from './core.js';
import { createApp } from './http/app.js';
import { cacheKeysOf } from './http/keyCache.js';
import { createRooms } from './rooms.js';

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config, 'api');
  const lifecycle = createLifecycle({ logger, deadlineMs: config.SHUTDOWN_DEADLINE_MS });
  const metrics = createMetrics('api', logger);
  const core = openCore({ config, logger, metrics }, lifecycle);
  const { pool, temporal } = core;
  const encryptionKeys = encryptionKeysCheck(pool, config.ENCRYPTION_KEYS);
  await refuseMissingKeys(encryptionKeys, logger);

  const rooms = createRooms(core);
  lifecycle.onStop('rooms', () => Promise.all(rooms.map(async (room) => room.close?.())));
  const health = createHealth({
    checks: {
      database: databaseCheck(pool),
      migrations: migrationsCheck(pool),
      encryptionKeys,
      isolation: isolationCheck(pool, config, logger),
    },
    helpful: { temporal: () => temporal.check() },
    lifecycle,
  });
  const keys = cacheKeysOf(pool, logger);
  const listener = listenTo(config, API_KEYS_CHANNEL, { logger, heard: (keyId) => keys.forget(keyId) });
  lifecycle.onStop('listener to API keys', () => listener.stop());
  const app = createApp({ ...core, keys, health }, rooms);

  const server = createServer((request, response) => {
    // Senders that keep their connections alive would otherwise hold the shutdown up for as long as they send.
    if (lifecycle.stopping) response.shouldKeepAlive = false;
    app(request, response);
  });
  server.headersTimeout = 10_000;
  // Streams of events take their time; other bodies have deadlines of their own.
  server.requestTimeout = 300_000;
  server.maxConnections = config.MAX_CONNECTIONS;
  // Longer than the idle time-out of the usual load balancers (60 s): so they close first, and none sends into a
  // closing socket.
  server.keepAliveTimeout = 65_000;
  const port = await listenOn(server, config.PORT, hostOf(config));
  lifecycle.onStop('HTTP server', () => close(server));
  lifecycle.onStop('work of rooms', () => Promise.all(rooms.map(async (room) => room.drain?.())));
  for (const room of rooms) room.start?.();

  lifecycle.ready();
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://localhost:${port}` })}\n`);
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
