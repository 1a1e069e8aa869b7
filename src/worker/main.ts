import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { makeTelemetryFilterString, Runtime, DefaultLogger } from '@temporalio/worker';
import { createPortalActivities } from '../activities/throttle/portalActivities.js';
import { createInstallActivities } from '../activities/portals/installActivities.js';
import { createPortalSweep } from '../activities/portals/portalSweep.js';
import { createNoticeActivities, startNotices } from '../activities/workspaces/noticeActivities.js';
import { createTokenActivities } from '../activities/tokens/tokenActivities.js';
import { createRelayActivities } from '../activities/throttle/relayActivities.js';
import { createOutboxService } from '../activities/outbox/outboxService.js';
import { createReleaser } from '../activities/throttle/releaser.js';
import { createThrottleActivities } from '../activities/throttle/throttleActivities.js';
import { createHeadSigner } from '../services/audit/headSigner.js';
import { createAuditChains } from '../services/audit/auditChains.js';
import { ConfigError, loadConfig, type Config } from '../platform/config.js';
import { createPool } from '../db/pool.js';
import { tidyOutbox } from '../db/outbox/housekeeping.js';
import { createPortalResolver } from '../db/portals/portalResolver.js';
import {
  createHealth,
  databaseCheck,
  isolationCheck,
  migrationsCheck,
  temporalCheck,
} from '../platform/health.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../secrets/encryptionKeysCheck.js';
import { openBudgets } from '../hubspot/gateway/openBudgets.js';
import { createTokenService } from '../hubspot/tokens/tokenService.js';
import { createTransport } from '../hubspot/wire/transport.js';
import { createLifecycle } from '../platform/lifecycle.js';
import { createLogger, type Logger } from '../platform/logger.js';
import { createMetrics } from '../platform/metrics.js';
import { createOutgoing } from '../platform/outbound/post.js';
import { startProbeServer } from '../platform/probeServer.js';
import { connectTemporal } from '../temporal/connection.js';
import { createOutboxStarter } from '../temporal/outbox/starter.js';
import { createPortalStarter } from '../temporal/portals/starter.js';
import { ensureReconciler } from '../temporal/reconciler.js';
import { createThrottleStarter } from '../temporal/throttle/starter.js';
import { createTokenKeeperStarter } from '../temporal/tokens/starter.js';
import { createNoticeStarter } from '../temporal/workspaces/starter.js';
import { createReplanner } from '../services/throttle/replanner.js';
import { connectWorker, createWorker } from './worker.js';

const RELAY_EVERY_MS = 5000;

/** The worker process: workflows and activities. Any number of them may run. */
async function main(config: Config): Promise<void> {
  const logger = createLogger(config, 'worker');
  installRuntime(config, logger);
  const lifecycle = createLifecycle({ logger, deadlineMs: config.SHUTDOWN_DEADLINE_MS });
  const metrics = createMetrics('worker');
  const owner = `${os.hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;

  const pool = createPool(config, { applicationName: 'sluice-worker', logger });
  lifecycle.onStop('database', () => pool.end());
  const encryptionKeys = encryptionKeysCheck(pool, config.ENCRYPTION_KEYS);
  await refuseMissingKeys(encryptionKeys, logger);
  const temporal = connectTemporal(config);
  lifecycle.onStop('Temporal client', () => temporal.close());
  const throttleStarter = createThrottleStarter(temporal);
  const keeper = createTokenKeeperStarter(temporal);
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  const portalResolver = createPortalResolver(pool);
  const { budgets, openGateway } = openBudgets({
    ...{ pool, portalResolver, transport, owner, config, logger },
    metrics: metrics.gateway,
    onStop: (name, stop) => lifecycle.onStop(name, stop),
  });
  const tokenService = createTokenService({
    pool,
    portalResolver,
    transport,
    config,
    logger,
    metrics: metrics.tokens,
    keeper,
    acquire: (portalId, signal) => budgets.of('oauth').acquire(portalId, 'interactive', signal),
  });
  const { tokens, oauth, sealing } = tokenService;
  const gateway = openGateway(tokens);
  lifecycle.onStop('tokens', () => tokenService.stop());
  const releaser = createReleaser({ pool, gateway, owner, config, logger, metrics });

  const outgoing = createOutgoing({ allowLocal: config.NODE_ENV !== 'production' });
  const auditChains = createAuditChains({
    pool,
    signer: createHeadSigner(config.ENCRYPTION_KEYS),
    logger,
    metrics,
  });

  const outbox = createOutboxService({
    ...{ pool, portalResolver, gateway, temporal: createOutboxStarter(temporal), owner, config, logger },
    metrics: metrics.outbox,
  });
  const connection = await connectWorker(config, logger);
  const worker = await createWorker(connection, config, {
    ...createThrottleActivities({ pool, releaser, config, logger }),
    ...createRelayActivities({
      pool,
      temporal: throttleStarter,
      config,
      logger,
      chores: [
        () => tidyOutbox(pool, 20_000, config.OUTBOX_RETENTION_DAYS),
        () => auditChains.signDue(),
        createPortalSweep({ pool, temporal: createPortalStarter(temporal), logger }),
      ],
      errands: [
        () => startNotices({ pool, temporal: createNoticeStarter(temporal) }),
        () => outbox.startLeftBehind(),
      ],
    }),
    ...createInstallActivities({
      pool,
      gateway,
      oauth,
      sealing,
      tokens,
      keeper,
      logger,
    }),
    ...createTokenActivities({ pool, portalResolver, tokens, config }),
    ...outbox.activities,
    ...createNoticeActivities({ pool, sealing, outgoing, logger, metrics }),
    ...createPortalActivities({
      pool,
      replanner: createReplanner({ pool, temporal: throttleStarter, config, logger }),
      logger,
    }),
  });
  const running = worker.run();
  running.catch((error: unknown) => {
    logger.error('The worker stopped by itself', { error });
    process.exit(1);
  });
  lifecycle.onStop('worker', async () => {
    const released = releaser.stop();
    worker.shutdown();
    await Promise.all([running, released]);
    await connection.close();
  });
  await ensureReconciler(temporal, RELAY_EVERY_MS);
  if (config.HUBSPOT_ENABLED) outbox.collector.start();
  else logger.warn('The outbox is switched off (HUBSPOT_ENABLED): nothing is collected, nothing delivered');
  lifecycle.onStop('collector of the outbox', async () => {
    await outbox.collector.stop();
    await outbox.close();
  });

  const health = createHealth({
    lifecycle,
    checks: {
      database: databaseCheck(pool),
      migrations: migrationsCheck(pool),
      encryptionKeys,
      isolation: isolationCheck(pool, config, logger),
      temporal: temporalCheck(temporal),
    },
  });
  const probes = await startProbeServer({ port: config.METRICS_PORT, health, metrics, logger });
  lifecycle.onStop('probes', () => probes.stop());
  lifecycle.ready();
  logger.info('The worker is up', { owner, taskQueue: config.TEMPORAL_TASK_QUEUE, probes: probes.url });
  process.stdout.write(`${JSON.stringify({ ready: true, url: probes.url })}\n`);
}

/** One runtime per process, before any connection: our logger, our signals, optionally the SDK's own metrics. */
function installRuntime(config: Config, logger: Logger): void {
  const port = config.TEMPORAL_METRICS_PORT;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger.log(
        level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : level === 'INFO' ? 'debug' : 'debug',
        message,
        { ...meta },
      );
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) },
      ...(port === undefined ? {} : { metrics: { prometheus: { bindAddress: `127.0.0.1:${port}` } } }),
    },
  });
}

try {
  await main(loadConfig());
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
