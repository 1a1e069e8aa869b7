import { describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { activityInfo } from '@temporalio/activity';
import type {
  ThrottleActivities,
  ReleaseProgress,
} from '../../../src/activities/throttle/throttleActivities.js';
import { NUDGE_SIGNAL, THROTTLE_WORKFLOW } from '../../../src/temporal/throttle/contract.js';
import { useWorkflows } from '../../support/workflows.js';

const HOUR_MS = 3_600_000;
const input = { workspaceId: 'w-1', packId: '7', portalId: 1, laneId: '3', size: 2 };
const left = (remaining: number, nextInMs: number | null): ReleaseProgress => ({
  remaining,
  nextInMs,
  ended: {},
});
const done = (ended: ReleaseProgress['ended']): ReleaseProgress => ({ remaining: 0, nextInMs: null, ended });

describe('the throttle workflow', () => {
  const workflows = useWorkflows();

  /** Runs the workflow against activities that answer in this order; returns when each was called, in its own time. */
  async function run(
    dueInMs: number,
    answers: ReleaseProgress[],
    meanwhile?: (handle: {
      signal: (name: string) => Promise<void>;
      cancel: () => Promise<unknown>;
    }) => Promise<void>,
  ) {
    const calledAt: number[] = [];
    const cancelled: string[] = [];
    const activities: ThrottleActivities = {
      async releaseExecutions() {
        calledAt.push(await workflows.env.currentTimeMs());
        const answer = answers.shift();
        if (!answer) throw new Error('one release too many');
        return answer;
      },
      cancelExecutions({ packId }) {
        cancelled.push(packId);
        return Promise.resolve(1);
      },
    };
    const { worker, taskQueue } = await workflows.worker('throttle', activities);
    return worker.runUntil(async () => {
      const startedAt = await workflows.env.currentTimeMs();
      const handle = await workflows.env.client.workflow.start(THROTTLE_WORKFLOW, {
        taskQueue,
        workflowId: taskQueue,
        args: [{ ...input, dueInMs }],
      });
      await meanwhile?.(handle);
      const result: unknown = await handle.result().catch((error: unknown) => error);
      const { events } = await handle.fetchHistory();
      return {
        result,
        cancelled,
        history: events?.length ?? 0,
        calledAfterMs: calledAt.map((at) => at - startedAt),
      };
    });
  }

  it('looks at once when its executions are due within the horizon', async () => {
    const { result, calledAfterMs, history } = await run(1000, [done({ completed: 2 })]);
    expect(result).toEqual({ completed: 2 });
    expect(calledAfterMs[0]).toBeLessThan(1000);
    expect(history).toBeLessThan(20);
  });

  it('wakes two seconds before its executions are due, days ahead, with fewer than 20 events in its history', async () => {
    const { result, calledAfterMs, history } = await run(72 * HOUR_MS, [done({ completed: 2 })]);
    expect(result).toEqual({ completed: 2 });
    expect(calledAfterMs[0]! / 1000).toBeCloseTo(72 * 3600 - 2, -1);
    expect(history).toBeLessThan(20);
  });

  it('waits again for what could not go yet', async () => {
    const { result, calledAfterMs } = await run(0, [
      left(2, HOUR_MS),
      left(1, HOUR_MS),
      done({ completed: 1, gone: 1 }),
    ]);
    expect(result).toEqual({ completed: 1, gone: 1 });
    expect(calledAfterMs[2]! / 1000).toBeCloseTo(2 * 3600, -2);
  });

  it('waits without a timer while its lane is paused, until a nudge', async () => {
    const { calledAfterMs, result } = await run(
      0,
      [left(2, null), done({ completed: 2 })],
      async (handle) => {
        await workflows.env.sleep('9 hours');
        await handle.signal(NUDGE_SIGNAL);
      },
    );
    expect(result).toEqual({ completed: 2 });
    expect(calledAfterMs[1]! / HOUR_MS).toBeCloseTo(9, 1);
  });

  it('comes early when nudged: the rate was raised', async () => {
    const { calledAfterMs } = await run(100 * HOUR_MS, [done({ completed: 2 })], async (handle) => {
      await workflows.env.sleep('1 hour');
      await handle.signal(NUDGE_SIGNAL);
    });
    expect(calledAfterMs[0]! / HOUR_MS).toBeCloseTo(1, 1);
  });

  it('ends its executions as cancelled when it is cancelled, and is then shown as cancelled', async () => {
    const { result, cancelled } = await run(
      100 * HOUR_MS,
      [left(1, 1), done({ cancelled: 2 })],
      async (handle) => {
        await workflows.env.sleep('1 minute');
        await handle.cancel();
      },
    );
    expect(result).toBeInstanceOf(WorkflowFailedError);
    expect(cancelled).toEqual(['7']);
  });

  it('waits with that for a nudge while HubSpot cannot be asked', async () => {
    const { calledAfterMs, result } = await run(
      100 * HOUR_MS,
      [left(2, null), done({ cancelled: 2 })],
      async (handle) => {
        await workflows.env.sleep('1 minute');
        await handle.cancel();
        await workflows.env.sleep('5 hours');
        await handle.signal(NUDGE_SIGNAL);
      },
    );
    expect(result).toBeInstanceOf(WorkflowFailedError);
    expect(calledAfterMs.map((ms) => Math.round(ms / HOUR_MS))).toEqual([0, 5]);
  });

  it('waits with that for as long as it is told, and does not ask in a circle', async () => {
    const { calledAfterMs, result } = await run(
      100 * HOUR_MS,
      [left(2, 5 * HOUR_MS), done({ cancelled: 2 })],
      async (handle) => {
        await workflows.env.sleep('1 minute');
        await handle.cancel();
      },
    );
    expect(result).toBeInstanceOf(WorkflowFailedError);
    expect(calledAfterMs.map((ms) => Math.round(ms / HOUR_MS))).toEqual([0, 5]);
  });

  it('goes on in a new run when its history is long, which looks at once: no nudge is lost between them', async () => {
    const looks: { runId: string; at: number }[] = [];
    const runs = () => new Set(looks.map(({ runId }) => runId)).size;
    const activities: ThrottleActivities = {
      async releaseExecutions() {
        const { runId = '' } = activityInfo().workflowExecution ?? {};
        looks.push({ runId, at: await workflows.env.currentTimeMs() });
        return runs() > 1 ? done({ completed: 2 }) : left(2, HOUR_MS);
      },
      cancelExecutions: () => Promise.resolve(2),
    };
    const { worker, taskQueue } = await workflows.worker('throttle', activities);
    const options = { taskQueue, workflowId: taskQueue, args: [{ ...input, dueInMs: 0 }] };
    await worker.runUntil(workflows.env.client.workflow.execute(THROTTLE_WORKFLOW, options));
    expect(runs()).toBe(2);
    const [last, first] = looks.slice(-2);
    expect(first!.at - last!.at).toBeLessThan(60_000);
  });
});
