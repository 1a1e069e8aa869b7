import type { Config } from '../platform/config/config.js';
import type { Lifecycle } from '../platform/lifecycle.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { createPool, type Pool } from '../db/pool.js';
import { createDataKeys } from '../db/secrets/dataKeys.js';
import { createTransport, type Transport } from '../hubspot/wire/transport.js';
import { createSealing, type Sealing } from '../secrets/sealing.js';
import { connectTemporal, type TemporalConnection } from '../temporal/connection.js';

/** What every room of the API may use. */
export interface ApiCore {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly pool: Pool;
  readonly temporal: TemporalConnection;
  readonly transport: Transport;
  readonly sealing: Sealing;
}

export function openCore(
  given: Pick<ApiCore, 'config' | 'logger' | 'metrics'>,
  lifecycle: Pick<Lifecycle, 'onStop'>,
): ApiCore {
  const { config, logger } = given;
  const pool = createPool(config, { applicationName: 'sluice-api', logger });
  lifecycle.onStop('database pool', () => pool.end());
  const temporal = connectTemporal(config);
  lifecycle.onStop('Temporal connection', () => temporal.close());
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  lifecycle.onStop('connections to HubSpot', () => transport.close());
  const sealing = createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool));
  return { ...given, pool, temporal, transport, sealing };
}
