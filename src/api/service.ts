import { createDatabaseClock, type DatabaseClock } from '../db/clock.js';
import { refuseSharedSessionsAtStart } from '../db/sharedSessions.js';
import { announce } from '../platform/announce.js';
import {
  ConfigError,
  formerSettings,
  loadConfig,
  readVariables,
  type Config,
} from '../platform/config/config.js';
import { armCrashPoint } from '../platform/crashPoint.js';
import { AppError } from '../platform/errors.js';
import { createHealth, type Health } from '../platform/health.js';
import { createHideSecrets, hideInLog } from '../platform/hideSecrets.js';
import { createLifecycle, type Lifecycle } from '../platform/lifecycle.js';
import { hostOf } from '../platform/listen.js';
import { createLogger, type Logger } from '../platform/logger.js';
import { createMetrics } from '../platform/metrics.js';
import { startProbeServer } from '../platform/probeServer.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../secrets/encryptionKeysCheck.js';
import { apiChecks } from '../services/checks.js';
import { actionSecretsOf, inlineActionsOf } from '../services/definitions/actionSecrets.js';
import { readDefinitions } from '../services/definitions/loadDefinitions.js';
import { refuseUnable } from '../services/refuseUnable.js';
import { openCore, type ApiCore } from './core.js';
import { watchClock } from './http/instruments.js';
import { refuseBeforeStart } from './installation/refuseBeforeStart.js';

/** What the API and the intake have in common as processes. */
export interface Service {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly core: ApiCore;
  readonly clock: DatabaseClock;
  readonly health: Health;
  /** Opens the probes, and says on standard output where everything is. */
  ready(at: { port: number; metricsPort: number }): Promise<void>;
}

export async function openService(name: 'api' | 'intake'): Promise<Service> {
  const config = loadConfig();
  armCrashPoint(config.CRASH_POINT);
  const logger = createLogger(config, name);
  for (const line of formerSettings()) logger.warn(line);
  const definitions = await readDefinitions(config, logger);
  const actionSecrets = actionSecretsOf(inlineActionsOf(definitions), readVariables, name);
  hideInLog(logger, createHideSecrets(actionSecrets.values()));
  const lifecycle = createLifecycle({ logger, deadlineMs: config.SHUTDOWN_DEADLINE_MS });
  const metrics = createMetrics(name, logger);
  const core = openCore({ config, definitions, actionSecrets, logger, metrics }, lifecycle);
  const { probePool, temporal } = core;
  const encryptionKeys = encryptionKeysCheck(probePool, config.ENCRYPTION_KEYS);
  await refuseMissingKeys(encryptionKeys, logger);

  await refuseSharedSessionsAtStart(config.DATABASE_URL, 'DATABASE_URL', logger);
  await refuseBeforeStart({ pool: probePool, temporal, logger, config });

  const clock = createDatabaseClock({ pool: probePool, logger });
  watchClock(metrics, clock);
  clock.start();
  lifecycle.onStop('clock', () => clock.stop());
  const checks = apiChecks({ pool: probePool, config, logger, temporal, encryptionKeys, clock });
  await refuseUnable(checks, config);
  const health = createHealth({ checks, lifecycle });

  return {
    ...{ config, logger, lifecycle, core, clock, health },
    async ready({ port, metricsPort }) {
      // Metrics name portals and lanes of all tenants: they are not where everybody may ask.
      const probes = await startProbeServer({
        ...{ port: metricsPort, host: hostOf(config), health, metrics, logger },
      });
      lifecycle.onStop('probes', () => probes.stop());
      lifecycle.ready();
      const where = { url: `http://localhost:${port}`, metricsUrl: probes.url };
      const announced = announce({ health, checks, logger, metrics, where });
      lifecycle.onStop('checks', () => announced.stop());
    },
  };
}

export async function runProcess(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    // What the operator can mend is said in a line; anything else needs its stack.
    process.stderr.write(
      `${error instanceof ConfigError || error instanceof AppError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  }
}
