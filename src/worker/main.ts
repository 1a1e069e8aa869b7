import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { refuseSharedSessionsAtStart } from '../db/sharedSessions.js';
import { openJournal } from '../hubspot/tokens/openJournal.js';
import { openTokenJournal } from '../hubspot/tokens/tokenJournal.js';
import { announce } from '../platform/announce.js';
import {
  ConfigError,
  formerSettings,
  loadWorkerConfig,
  readVariables,
  type Config,
} from '../platform/config/config.js';
import { armCrashPoint } from '../platform/crashPoint.js';
import { AppError } from '../platform/errors.js';
import { createHealth } from '../platform/health.js';
import { createHideSecrets, hideInLog } from '../platform/hideSecrets.js';
import { createLifecycle } from '../platform/lifecycle.js';
import { createLogger } from '../platform/logger.js';
import { hostOf } from '../platform/listen.js';
import { createMetrics } from '../platform/metrics.js';
import { startProbeServer } from '../platform/probeServer.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../secrets/encryptionKeysCheck.js';
import { workerChecks } from '../services/checks.js';
import { actionSecretsOf } from '../services/definitions/actionSecrets.js';
import { readDefinitions } from '../services/definitions/loadDefinitions.js';
import { refuseUnable } from '../services/refuseUnable.js';
import { ensureReconciler } from '../temporal/reconciler.js';
import { openCore } from './core.js';
import { settleBeforeStart } from './installation/settleBeforeStart.js';
import { createRooms } from './rooms.js';
import { installRuntime } from './runtime.js';
import { startWorker } from './worker.js';

const RECONCILE_EVERY_MS = 5000;

/** The worker process: workflows and activities. Any number of them may run. */
async function main(config: Config): Promise<void> {
  armCrashPoint(config.CRASH_POINT);
  const logger = createLogger(config, 'worker');
  for (const line of formerSettings()) logger.warn(line);
  const definitions = await readDefinitions(config, logger);
  const actionSecrets = actionSecretsOf(definitions, readVariables);
  hideInLog(logger, createHideSecrets(actionSecrets.values()));
  installRuntime(config, logger);
  const lifecycle = createLifecycle({ logger, deadlineMs: config.SHUTDOWN_DEADLINE_MS });
  const metrics = createMetrics('worker', logger);
  const owner = `${os.hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  const journal = await openJournal(config, logger, openTokenJournal);
  const core = openCore({ config, definitions, actionSecrets, logger, metrics, owner, journal }, lifecycle);
  const { pool, temporal } = core;
  const encryptionKeys = encryptionKeysCheck(pool, config.ENCRYPTION_KEYS);
  await refuseMissingKeys(encryptionKeys, logger);

  const inboxUrl = config.OUTBOX_DATABASE_URL;
  await refuseSharedSessionsAtStart(config.DATABASE_URL, 'DATABASE_URL', logger);
  if (inboxUrl) await refuseSharedSessionsAtStart(inboxUrl, 'OUTBOX_DATABASE_URL', logger);
  const remake = () => ensureReconciler(temporal, RECONCILE_EVERY_MS);
  const ofAll = workerChecks({ pool, config, logger, temporal, encryptionKeys, remake });
  await settleBeforeStart(core, () => refuseUnable(ofAll, config));

  const rooms = createRooms(core);
  const checks = [...ofAll, ...rooms.flatMap((room) => room.checks ?? [])];
  await refuseUnable(checks, config);
  lifecycle.onStop('rooms', () => Promise.all(rooms.map(async (room) => room.close?.())));
  const worker = await startWorker(rooms, config, logger, metrics);
  lifecycle.onStop('worker', async () => {
    // Activities of some rooms end only when their room does, and the worker ends when its activities have.
    const drained = rooms.map(async (room) => room.drain?.());
    await Promise.all([worker.stop(), ...drained]);
    await worker.close();
  });
  await remake();
  await Promise.all(
    rooms.flatMap(({ schedules = [] }) => schedules.map((one) => temporal.ensureSchedule(one))),
  );
  for (const room of rooms) room.start?.();

  const health = createHealth({ checks, lifecycle });
  const probes = await startProbeServer({
    port: config.METRICS_PORT,
    host: hostOf(config),
    health,
    metrics,
    logger,
  });
  lifecycle.onStop('probes', () => probes.stop());
  lifecycle.ready();
  logger.info('The worker is up', { owner, taskQueue: config.TEMPORAL_TASK_QUEUE, probes: probes.url });
  const announced = announce({ health, checks, logger, metrics, where: { url: probes.url } });
  lifecycle.onStop('checks', () => announced.stop());
}

try {
  await main(loadWorkerConfig());
} catch (error) {
  process.stderr.write(
    `${error instanceof ConfigError || error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
