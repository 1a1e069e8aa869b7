import { answerCheck, type AnswerCheck } from './http/answerCheck.js';
import type { ActionSecrets } from '../services/definitions/actionSecrets.js';
import type { Definitions } from '../services/definitions/loadDefinitions.js';
import type { Config } from '../platform/config/config.js';
import type { Lifecycle } from '../platform/lifecycle.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { createPool, type Pool } from '../db/pool.js';
import { createDataKeys } from '../db/secrets/dataKeys.js';
import { createTokenInstruments } from '../hubspot/tokens/instruments.js';
import { createTransport, type Transport } from '../hubspot/wire/transport.js';
import { createSealing, type Sealing } from '../secrets/sealing.js';
import { connectTemporal, type TemporalConnection } from '../temporal/connection.js';

/** One for the checks of readiness, one for what a scrape reads. */
const PROBE_POOL_SIZE = 2;

/** What every room of the API may use. */
export interface ApiCore {
  readonly config: Config;
  /** What comes with Sluice, and what was added to it. */
  readonly definitions: Definitions;
  /** What the definitions of actions name as secrets that are answered here. */
  readonly actionSecrets: ActionSecrets;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For what people and applications ask. Its statements are short: what takes long must not hold all connections. */
  readonly pool: Pool;
  /** For HubSpot's calls and what follows from them, and for nothing else: no list can keep them from their commit. */
  readonly intakePool: Pool;
  /** For probes, metrics and the clock: they tell of trouble with the others. */
  readonly probePool: Pool;
  readonly temporal: TemporalConnection;
  readonly transport: Transport;
  readonly sealing: Sealing;
  /** What is measured of grants and refreshes of tokens. */
  readonly tokenMetrics: ReturnType<typeof createTokenInstruments>;
  /** Of what operations answer. */
  readonly answerCheck: AnswerCheck;
}

export function openCore(
  given: Pick<ApiCore, 'config' | 'definitions' | 'actionSecrets' | 'logger' | 'metrics'>,
  lifecycle: Pick<Lifecycle, 'onStop'>,
): ApiCore {
  const { config, logger } = given;
  const pool = createPool(config, {
    ...{ applicationName: 'sluice-api', logger },
    statementTimeoutMs: config.API_STATEMENT_TIMEOUT_MS,
  });
  const intakePool = createPool(config, {
    ...{ applicationName: 'sluice-intake', logger },
    size: config.INTAKE_POOL_SIZE,
  });
  const probePool = createPool(config, { applicationName: 'sluice-probes', logger, size: PROBE_POOL_SIZE });
  const pools = [pool, intakePool, probePool];
  lifecycle.onStop('database pools', () => Promise.all(pools.map((one) => one.end())));
  const temporal = connectTemporal(config);
  lifecycle.onStop('Temporal connection', () => temporal.close());
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  lifecycle.onStop('connections to HubSpot', () => transport.close());
  const sealing = createSealing(config.ENCRYPTION_KEYS, createDataKeys(pool));
  return {
    ...{ ...given, pool, intakePool, probePool, temporal, transport, sealing },
    tokenMetrics: createTokenInstruments(given.metrics),
    answerCheck: answerCheck(config, logger),
  };
}
