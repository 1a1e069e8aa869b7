import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection, TransportError, Worker } from '@temporalio/worker';
import type { Config } from '../platform/config.js';
import type { Logger } from '../platform/logger.js';
import type { InstallActivities } from '../activities/portals/installActivities.js';
import type { NoticeActivities } from '../activities/workspaces/noticeActivities.js';
import type { OutboxActivities } from '../activities/outbox/outboxActivities.js';
import type { TokenActivities } from '../activities/tokens/tokenActivities.js';
import type { PortalActivities } from '../activities/throttle/portalActivities.js';
import type { RelayActivities } from '../activities/throttle/relayActivities.js';
import type { ThrottleActivities } from '../activities/throttle/throttleActivities.js';
import { bundleWorkflows } from './bundle.js';

type WorkerConfig = Pick<
  Config,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_NAMESPACE'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_TASK_QUEUE'
  | 'SHUTDOWN_DEADLINE_MS'
>;

const RECONNECT_MS = 2000;

/** Where the workflows stand: as source, or as the build left them. Bundled at each start. */
export const workflowsPath = path.resolve(
  import.meta.dirname,
  `../workflows/index${path.extname(import.meta.filename)}`,
);

/** Connects to Temporal, as long as it takes: a worker may be started before its server. */
export async function connectWorker(config: WorkerConfig, logger: Logger): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect({
        address: config.TEMPORAL_ADDRESS,
        tls: config.TEMPORAL_TLS,
        ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY.reveal() } : {}),
      });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      logger.warn(`Temporal does not answer at TEMPORAL_ADDRESS (${config.TEMPORAL_ADDRESS}); trying again`, {
        error: error.message,
      });
      await delay(RECONNECT_MS);
    }
  }
}

/**
 * A worker of this service. Activities of the throttle mostly wait for their moment, so there may be many; workflows are short
 * and cheap to replay, so few are kept in memory.
 */
export async function createWorker(
  connection: NativeConnection,
  config: WorkerConfig,
  activities: ThrottleActivities &
    RelayActivities &
    PortalActivities &
    InstallActivities &
    TokenActivities &
    NoticeActivities &
    OutboxActivities,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle: await bundleWorkflows(workflowsPath),
    activities,
    maxConcurrentActivityTaskExecutions: 1000,
    maxConcurrentWorkflowTaskExecutions: 40,
    maxCachedWorkflows: 500,
    // A workflow that was cached by a worker which died is picked up by another after this long.
    stickyQueueScheduleToStartTimeout: '3 seconds',
    shutdownGraceTime: Math.max(1000, config.SHUTDOWN_DEADLINE_MS - 3000),
    shutdownForceTime: Math.max(2000, config.SHUTDOWN_DEADLINE_MS - 1000),
  });
}
