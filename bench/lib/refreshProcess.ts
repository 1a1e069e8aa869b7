import { loadConfig } from '../../src/platform/config/config.js';
import { createPool } from '../../src/db/pool.js';
import { createPortalResolver } from '../../src/db/portals/portalResolver.js';
import { createTokenService } from '../../src/hubspot/tokens/tokenService.js';
import { createTransport } from '../../src/hubspot/wire/transport.js';
import { createLogger } from '../../src/platform/logger.js';

/**
 * A process that asks for tokens of many portals at once, as the service does. Asked `{ portals, callers }`, answers
 * how it went.
 */
const WAIT_MS = 120_000;

process.on('disconnect', () => process.exit()); // who started it is gone

const config = loadConfig();
const logger = createLogger({ LOG_LEVEL: 'error', LOG_FORMAT: 'json' }, 'bench');
const pool = createPool(config, { applicationName: 'sluice-bench', logger });
const { tokens } = createTokenService({
  pool,
  portalResolver: createPortalResolver(pool),
  transport: createTransport(config.HUBSPOT_API_BASE_URL),
  config,
  logger,
});

process.on('message', ({ portals, callers }: { portals: number[]; callers: number }) => {
  const from = performance.now();
  const asked = portals.flatMap((portalId) =>
    Array.from({ length: callers }, () => tokens.accessToken(portalId, { waitMs: WAIT_MS })),
  );
  void Promise.allSettled(asked).then((results) => {
    const failed = results.filter(({ status }) => status === 'rejected');
    process.send?.({
      served: results.length - failed.length,
      failed: failed.length,
      reason: failed[0]?.status === 'rejected' ? String(failed[0].reason) : undefined,
      ms: performance.now() - from,
    });
  });
});
process.send?.({ ready: true });
