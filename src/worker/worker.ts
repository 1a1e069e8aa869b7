import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { NativeConnection, TransportError, Worker } from '@temporalio/worker';
import type { Config } from '../platform/config/config.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { RECONCILER_QUEUE } from '../temporal/reconciler.js';
import { queueName, TASK_QUEUES, type TaskQueue } from '../temporal/taskQueues.js';
import { activitiesOf } from './activitiesOf.js';
import { workflowBundle } from './workflowBundle.js';
import { createReconcilerActivities, watchSweeps } from './reconciler.js';
import type { WorkerRoom } from './room.js';

type WorkerConfig = Pick<
  Config,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_NAMESPACE'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_TASK_QUEUE'
  | 'WORKER_RELEASE_SLOTS'
  | 'WORKER_DELIVERY_SLOTS'
  | 'WORKER_SYNC_SLOTS'
  | 'WORKER_FEED_SLOTS'
  | 'WORKER_REGISTER_SLOTS'
  | 'WORKER_ACTION_SLOTS'
  | 'WORKER_UPKEEP_SLOTS'
  | 'SHUTDOWN_DEADLINE_MS'
>;

const RECONNECT_MS = 2000;
/**
 * Whoever exceeds it takes the whole process with it: Node aborts when code of a context is ended by a time-out while
 * it awaits something (nodejs/node#38503). The SDK's default of 5 s is too little for a run that has had thousands of
 * signals, or for a machine that stood still. Its types do not have the option.
 */
const LONGEST_TURN = { isolateExecutionTimeout: '60 seconds' };

/** Where the workflows stand: as source, or as the build left them. */
export const workflowsPath = path.resolve(
  import.meta.dirname,
  `../workflows/index${path.extname(import.meta.filename)}`,
);

/** The workers of this process, one for each task queue. */
export interface RunningWorker {
  /** Takes nothing new; resolves when what is under way has ended. */
  stop(): Promise<void>;
  /** Closes the connection, after `stop`. */
  close(): Promise<void>;
}

/**
 * Connects, as long as that takes, and runs the rooms' activities and sweeps. A worker that stops by itself ends the
 * process.
 */
export async function startWorker(
  rooms: readonly WorkerRoom[],
  config: WorkerConfig,
  logger: Logger,
  metrics: Metrics,
): Promise<RunningWorker> {
  const sweeps = rooms.flatMap((room) => room.sweeps ?? []);
  const reconciler: WorkerRoom = {
    activities: {
      [RECONCILER_QUEUE]: createReconcilerActivities(sweeps, logger, watchSweeps(metrics, sweeps), () =>
        heartbeat(),
      ),
    },
  };
  const connection = await connectWorker(config, logger);
  const bundle = await workflowBundle(workflowsPath);
  const workers = await Promise.all(
    TASK_QUEUES.map((queue) =>
      Worker.create({
        connection,
        namespace: config.TEMPORAL_NAMESPACE,
        taskQueue: queueName(config.TEMPORAL_TASK_QUEUE, queue),
        workflowBundle: bundle,
        activities: activitiesOf([...rooms, reconciler], queue),
        ...capacityOf(queue, config),
        // A workflow that was cached by a worker which died is picked up by another after this long.
        stickyQueueScheduleToStartTimeout: '3 seconds',
        shutdownGraceTime: Math.max(1000, config.SHUTDOWN_DEADLINE_MS - 3000),
        ...LONGEST_TURN,
        shutdownForceTime: Math.max(2000, config.SHUTDOWN_DEADLINE_MS - 1000),
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  running.catch((error: unknown) => {
    logger.error('The worker stopped by itself', { error });
    process.exit(1);
  });
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
    },
    close: () => connection.close(),
  };
}

/**
 * What a queue may take of this process. Activities mostly wait for their moment or for HubSpot, so there may be many;
 * workflows are short and cheap to replay.
 */
function capacityOf(queue: TaskQueue, config: WorkerConfig) {
  const busy = { maxConcurrentWorkflowTaskExecutions: 40, maxCachedWorkflows: 500 };
  const quiet = {
    maxConcurrentWorkflowTaskExecutions: 10,
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentActivityTaskPolls: 2,
    maxCachedWorkflows: 100,
  };
  switch (queue) {
    case 'releases':
      return { ...busy, maxConcurrentActivityTaskExecutions: config.WORKER_RELEASE_SLOTS };
    case 'deliveries':
      return { ...busy, maxConcurrentActivityTaskExecutions: config.WORKER_DELIVERY_SLOTS };
    case 'sync':
      return { ...quiet, maxConcurrentActivityTaskExecutions: config.WORKER_SYNC_SLOTS };
    case 'feed':
      return { ...quiet, maxConcurrentActivityTaskExecutions: config.WORKER_FEED_SLOTS };
    case 'register':
      return { ...busy, maxConcurrentActivityTaskExecutions: config.WORKER_REGISTER_SLOTS };
    case 'actions':
      return { ...busy, maxConcurrentActivityTaskExecutions: config.WORKER_ACTION_SLOTS };
    case 'upkeep':
      return { ...quiet, maxConcurrentActivityTaskExecutions: config.WORKER_UPKEEP_SLOTS };
    case 'default':
      return { ...quiet, maxConcurrentActivityTaskExecutions: config.WORKER_RELEASE_SLOTS };
  }
}

/** Connects to Temporal, as long as it takes: a worker may be started before its server. */
async function connectWorker(config: WorkerConfig, logger: Logger): Promise<NativeConnection> {
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
