import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { ActionPackActivities } from '../../../src/activities/actions/actionPackActivities.js';
import { ACTION_PACK_WORKFLOW, type RunTried } from '../../../src/temporal/actions/contract.js';
import { tookMs, useWorkflows } from '../../support/workflows.js';

const HOUR_MS = 3_600_000;
const PACK = { workspaceId: 'w-1', portalId: 1, action: 'greet', runIds: ['7', '8'] };

describe('the workflow of a pack of runs of an action', () => {
  const workflows = useWorkflows();

  async function run(
    tried: RunTried[],
    meanwhile: (handle: WorkflowHandleWithFirstExecutionRunId) => Promise<unknown> = () => Promise.resolve(),
  ) {
    const steps: string[] = [];
    const activities: ActionPackActivities = {
      runPack: ({ runIds }) => {
        steps.push(`run ${runIds.join()}`);
        return Promise.resolve(tried.shift() ?? { state: 'over' });
      },
      cancelPack: ({ runIds }) => {
        steps.push(`cancel ${runIds.join()}`);
        return Promise.resolve();
      },
    };
    const { worker, taskQueue } = await workflows.worker('actionPack', activities);
    return worker.runUntil(async () => {
      const handle = await workflows.env.client.workflow.start(ACTION_PACK_WORKFLOW, {
        ...{ taskQueue, workflowId: taskQueue, args: [PACK] },
      });
      await meanwhile(handle);
      await handle.result();
      return { steps, ms: await tookMs(handle) };
    });
  }

  it('makes their first tries, again after a pause where there were no places', async () => {
    const { steps, ms } = await run([{ state: 'again', inMs: HOUR_MS }]);
    expect(steps).toEqual(['run 7,8', 'run 7,8']);
    expect(ms).toBeGreaterThanOrEqual(HOUR_MS);
  });

  it('cancels its runs when it is cancelled', async () => {
    const { steps } = await run([{ state: 'again', inMs: 24 * HOUR_MS }], async (handle) => {
      await workflows.env.sleep('1 minute');
      await handle.cancel();
    });
    expect(steps).toEqual(['run 7,8', 'cancel 7,8']);
  });
});
