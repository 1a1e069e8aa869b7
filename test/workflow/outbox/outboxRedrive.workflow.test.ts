import { describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import type { RedriveActivities, RedrivePage } from '../../../src/activities/outbox/redriveActivities.js';
import { OUTBOX_REDRIVE_WORKFLOW } from '../../../src/temporal/outbox/contract.js';
import { until } from '../../support/until.js';
import { useWorkflows } from '../../support/workflows.js';

const redrive = {
  workspaceId: '00000000-0000-4000-8000-000000000001',
  redriveId: '00000000-0000-4000-8000-00000000000a',
};
const page = (moved: number, over: boolean, waitMs = 2000): RedrivePage => ({ moved, over, waitMs });

describe('the redrive workflow of the outbox', () => {
  const workflows = useWorkflows();

  async function start(pages: readonly (RedrivePage | Error)[], seen: string[]) {
    let n = 0;
    const activities: RedriveActivities = {
      async redrivePage(input) {
        expect(input).toEqual(redrive);
        seen.push('page');
        const next = pages[n] ?? page(0, false, 3_600_000);
        n += 1;
        if (next instanceof Error) throw next;
        return next;
      },
      async cancelRedrive(input) {
        expect(input).toEqual(redrive);
        seen.push('cancel');
      },
    };
    const { worker, taskQueue } = await workflows.worker('outboxRedrive', activities);
    const options = { taskQueue, workflowId: taskQueue, args: [redrive] };
    return { worker, begin: () => workflows.env.client.workflow.start(OUTBOX_REDRIVE_WORKFLOW, options) };
  }

  it('moves page after page, waits between them to keep the pace, and tells how many', async () => {
    const { worker, begin } = await start([page(100, false), page(100, false), page(7, true, 140)], []);
    const { result, tookMs } = await worker.runUntil(async () => {
      const handle = await begin();
      const moved = (await handle.result()) as unknown;
      const { startTime, closeTime } = await handle.describe();
      return { result: moved, tookMs: closeTime!.getTime() - startTime.getTime() };
    });
    expect(result).toEqual({ moved: 207 });
    expect(tookMs).toBeGreaterThanOrEqual(4000);
  });

  it('tries a page again whose activity failed', async () => {
    const seen: string[] = [];
    const { worker, begin } = await start([new Error('the database is away'), page(3, true)], seen);
    const result = await worker.runUntil(async () => (await begin()).result() as Promise<unknown>);
    expect({ result, seen }).toEqual({ result: { moved: 3 }, seen: ['page', 'page'] });
  });

  it('notes in its row that it was cancelled, whoever cancels it', async () => {
    const seen: string[] = [];
    const { worker, begin } = await start([page(10, false, 86_400_000)], seen);
    await worker.runUntil(async () => {
      const handle = await begin();
      await until('a page was moved', () => seen.length === 1, 10_000);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    });
    expect(seen).toEqual(['page', 'cancel']);
  });
});
