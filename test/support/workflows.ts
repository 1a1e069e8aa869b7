import { afterAll, beforeAll } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { workflowsPath } from '../../src/worker/worker.js';
import { createTimeSkipping } from './temporal.js';

/** How long a workflow took that has ended, by its history: the server's clock may have skipped on since. */
export async function tookMs(handle: Pick<WorkflowHandle, 'describe'>): Promise<number> {
  const { startTime, closeTime } = await handle.describe();
  return (closeTime?.getTime() ?? NaN) - startTime.getTime();
}

export interface Workflows {
  /** The server that skips time. It is there when the tests run, not before. */
  readonly env: TestWorkflowEnvironment;
  /** A worker of our workflows with these activities, on a task queue of its own. Its name can be a workflow's id. */
  worker(name: string, activities: object): Promise<{ worker: Worker; taskQueue: string }>;
}

/** For the tests of one file or block: starts a server that skips time before them, and ends it after them. */
export function useWorkflows(): Workflows {
  let env: TestWorkflowEnvironment | undefined;
  let workflowBundle: WorkflowBundleWithSourceMap | undefined;
  let runs = 0;
  beforeAll(async () => {
    env = await createTimeSkipping();
    workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  }, 60_000);
  afterAll(() => env?.teardown());

  const started = () => {
    if (!env || !workflowBundle) throw new Error('The server of the workflow tests has not been started');
    return { env, workflowBundle };
  };
  return {
    get env() {
      return started().env;
    },
    async worker(name, activities) {
      const { env: server, workflowBundle: bundle } = started();
      const taskQueue = `${name}-${(runs += 1)}`;
      const connection = server.nativeConnection;
      return {
        worker: await Worker.create({ connection, taskQueue, workflowBundle: bundle, activities }),
        taskQueue,
      };
    },
  };
}
