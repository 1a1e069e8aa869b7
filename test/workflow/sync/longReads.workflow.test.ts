import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { SYNC_WORKFLOW, type PortalSyncInput } from '../../../src/temporal/sync/contract.js';
import { useWorkflows } from '../../support/workflows.js';

/** Each is a turn of a minute: so a day and more. */
const TURNS = 1500;
/** At six events each, one run has room for a third of them at most. */
const MOST_EVENTS = 4096;
const workspaceId = '00000000-0000-4000-8000-000000000001';

describe('what reads or delivers for days', () => {
  const workflows = useWorkflows();

  /** How many events each run of a workflow has, from the first run to the one that ended. */
  async function lengthsOf({ workflowId, firstExecutionRunId }: WorkflowHandleWithFirstExecutionRunId) {
    const lengths: number[] = [];
    for (let runId: string | null | undefined = firstExecutionRunId; runId;) {
      const { events } = await workflows.env.client.workflow.getHandle(workflowId, runId).fetchHistory();
      lengths.push(events?.length ?? 0);
      runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return lengths;
  }

  it.each([
    {
      workflow: SYNC_WORKFLOW,
      activity: 'readRecords',
      input: { workspaceId, portalId: 62_515, objectType: 'contacts' } satisfies PortalSyncInput,
      turn: { phase: 'load', read: 7, changed: 3 },
      sum: { read: 7 * TURNS, changed: 3 * TURNS },
    },
  ])(
    'goes on in a new run before its history is long, counts on, and is one at a time: $workflow',
    async ({ workflow, activity, input, turn, sum }) => {
      let turns = 0;
      let now = 0;
      let most = 0;
      const { worker, taskQueue } = await workflows.worker(workflow, {
        async [activity](given: unknown) {
          expect(given).toEqual(input);
          most = Math.max(most, (now += 1));
          await Promise.resolve();
          now -= 1;
          turns += 1;
          return { ...turn, ended: turns < TURNS ? 'more' : 'done' };
        },
      });
      await worker.runUntil(async () => {
        const handle = await workflows.env.client.workflow.start(workflow, {
          ...{ taskQueue, workflowId: taskQueue, args: [input] },
        });
        expect(await handle.result()).toEqual({ ...sum, ended: 'done' });
        const lengths = await lengthsOf(handle);
        expect(lengths.length).toBeGreaterThan(1);
        expect(Math.max(...lengths)).toBeLessThan(MOST_EVENTS + 100);
      });
      expect([turns, most]).toEqual([TURNS, 1]);
    },
    120_000,
  );
});
