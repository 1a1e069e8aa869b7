import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { ActionRunActivities } from '../../../src/activities/actions/actionRunActivities.js';
import { ACTION_RUN_WORKFLOW, type RunTried } from '../../../src/temporal/actions/contract.js';
import { tookMs, useWorkflows } from '../../support/workflows.js';

const HOUR_MS = 3_600_000;
const RUN = { workspaceId: 'w-1', portalId: 1, runId: '7' };

describe('the workflow of a run of an action', () => {
  const workflows = useWorkflows();

  async function run(
    { tried = [], told = [], inMs }: { tried?: RunTried[]; told?: RunTried[]; inMs?: number },
    meanwhile: (handle: WorkflowHandleWithFirstExecutionRunId) => Promise<unknown> = () => Promise.resolve(),
  ) {
    const steps: string[] = [];
    const activities: ActionRunActivities = {
      tryRun: (ref) => {
        steps.push(`try ${ref.runId}`);
        return Promise.resolve(tried.shift() ?? { state: 'over' });
      },
      completeRun: () => {
        steps.push('complete');
        return Promise.resolve(told.shift() ?? { state: 'over' });
      },
      cancelRun: () => {
        steps.push('cancel');
        return Promise.resolve();
      },
    };
    const { worker, taskQueue } = await workflows.worker('actionRun', activities);
    return worker.runUntil(async () => {
      const handle = await workflows.env.client.workflow.start(ACTION_RUN_WORKFLOW, {
        ...{ taskQueue, workflowId: taskQueue, args: [{ ...RUN, ...(inMs !== undefined && { inMs }) }] },
      });
      await meanwhile(handle);
      return { result: await handle.result(), steps, ms: await tookMs(handle) };
    });
  }

  it('tries its handler, and tells HubSpot once', async () => {
    const { steps, result } = await run({});
    expect(steps).toEqual(['try 7', 'complete']);
    expect(result).toEqual({ tries: 1 });
  });

  it('waits between tries for as long as each says, and so with HubSpot', async () => {
    const { steps, ms } = await run({
      tried: [
        { state: 'again', inMs: HOUR_MS },
        { state: 'again', inMs: HOUR_MS },
      ],
      told: [{ state: 'again', inMs: HOUR_MS }],
    });
    expect(steps).toEqual(['try 7', 'try 7', 'try 7', 'complete', 'complete']);
    expect(ms).toBeGreaterThanOrEqual(3 * HOUR_MS);
    expect(ms).toBeLessThan(3.1 * HOUR_MS);
  });

  it('waits first where its pack has tried it already', async () => {
    const { steps, ms } = await run({ inMs: HOUR_MS });
    expect(steps).toEqual(['try 7', 'complete']);
    expect(ms).toBeGreaterThanOrEqual(HOUR_MS);
  });

  it('ends as cancelled when it is cancelled between two tries, and tells HubSpot', async () => {
    const { steps, ms } = await run({ tried: [{ state: 'again', inMs: 24 * HOUR_MS }] }, async (handle) => {
      await workflows.env.sleep('1 minute');
      await handle.cancel();
    });
    expect(steps).toEqual(['try 7', 'cancel', 'complete']);
    expect(ms).toBeLessThan(HOUR_MS);
  });
});
