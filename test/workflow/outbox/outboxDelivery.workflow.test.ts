import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { DeliveryProgress, OutboxActivities } from '../../../src/activities/outbox/outboxActivities.js';
import { MORE_EVENTS_SIGNAL, OUTBOX_DELIVERY_WORKFLOW } from '../../../src/temporal/outbox/contract.js';
import { useWorkflows } from '../../support/workflows.js';

const portal = { workspaceId: '00000000-0000-4000-8000-000000000001', portalId: 62_515 };
const round = (done: number, idle: boolean): DeliveryProgress => ({ done, retried: 1, dead: 0, idle });

describe('the delivery workflow of the outbox', () => {
  const workflows = useWorkflows();

  /** Runs it against rounds that come to this; `during` is called within each. */
  async function run(
    rounds: readonly DeliveryProgress[],
    during?: (handle: WorkflowHandleWithFirstExecutionRunId, n: number) => Promise<void>,
  ) {
    let began = 0;
    let started: ((handle: WorkflowHandleWithFirstExecutionRunId) => void) | undefined;
    const running = new Promise<WorkflowHandleWithFirstExecutionRunId>((resolve) => (started = resolve));
    const activities: OutboxActivities = {
      async deliverEvents(input) {
        expect(input).toEqual(portal);
        const n = began;
        began += 1;
        await during?.(await running, n);
        return rounds[n] ?? round(0, true);
      },
    };
    const { worker, taskQueue } = await workflows.worker('outboxDelivery', activities);
    return worker.runUntil(async () => {
      const handle = await workflows.env.client.workflow.start(OUTBOX_DELIVERY_WORKFLOW, {
        taskQueue,
        workflowId: taskQueue,
        args: [portal],
      });
      started?.(handle);
      return { result: (await handle.result()) as unknown, rounds: began };
    });
  }

  it('goes on for as long as there are events, tells what it did, and is gone', async () => {
    expect(await run([round(300, false), round(40, false), round(2, true)])).toEqual({
      result: { done: 342, retried: 3, dead: 0 },
      rounds: 3,
    });
  });

  it('looks once more for who brought events while it was about to end', async () => {
    const { rounds } = await run([round(1, true), round(1, true)], async (handle, n) => {
      if (n === 0) await handle.signal(MORE_EVENTS_SIGNAL);
    });
    expect(rounds).toBe(2);
  });
});
