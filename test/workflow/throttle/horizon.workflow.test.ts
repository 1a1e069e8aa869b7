import { describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Releaser } from '../../../src/activities/throttle/releaser.js';
import { createThrottleActivities } from '../../../src/activities/throttle/throttleActivities.js';
import type { Pool } from '../../../src/db/pool.js';
import type { PackLook } from '../../../src/db/throttle/lookAtPack.js';
import { createLogger } from '../../../src/platform/logger.js';
import { THROTTLE_WORKFLOW, type ThrottleInput } from '../../../src/temporal/throttle/contract.js';
import { useWorkflows } from '../../support/workflows.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const config = { THROTTLE_EXPIRY_GUARD_MS: 1000, THROTTLE_MIN_HOLD_MS: 0 };
const pack = { workspaceId: 'w-1', packId: '7', portalId: 1, laneId: '3', size: 1 };
const nothingSooner = {
  ...{ resendInMs: null, guardInMs: null, overInMs: null, suspendedInMs: null },
  ...{ expired: 0, paused: false, portalState: 'active' as const },
};

type Look = Pick<PackLook, 'nextInMs'> & Partial<PackLook>;

/**
 * A database in which one execution waits; what a look at it says is given by `look`, once the release is over nothing
 * is left.
 */
function databaseOf(look: () => Promise<Look>, isOver: () => boolean): Pool {
  const query = async ({ name }: { name: string }) => {
    if (name !== 'look_at_pack') return { rows: [] };
    if (isOver()) return { rows: [{ remaining: [] }] };
    const claim: PackLook = {
      ...{ laneId: pack.laneId, portalId: pack.portalId, remaining: ['1'], sending: 0, ending: 0 },
      ...nothingSooner,
      ...(await look()),
    };
    return { rows: [claim] };
  };
  return { query } as unknown as Pool;
}

/** A releaser whose executions are settled by `settled`. */
function releaserOf(
  settled: (maxMs: number) => boolean,
  drive: Releaser['drive'] = () => undefined,
): Releaser {
  return {
    follow: () => ({
      ended: { completed: 1 },
      settled: (_ids, maxMs) => Promise.resolve(settled(maxMs)),
      end: () => undefined,
    }),
    drive,
    probe: () => undefined,
    stopping: false,
    stop: () => Promise.resolve(),
  };
}

describe('the horizon of workflow and activity together', () => {
  const workflows = useWorkflows();

  /**
   * Runs the workflow with its real activities on one execution that is due `dueInMs` after the first look at it.
   * Returns when each look was taken, from the first.
   */
  async function run(horizonMs: number | undefined, dueInMs: number, guardInMs?: number) {
    const lookedAt: number[] = [];
    let over = false;
    const pool = databaseOf(
      async () => {
        const now = await workflows.env.currentTimeMs();
        lookedAt.push(now);
        if (lookedAt.length > 50) over = true;
        const passedMs = now - lookedAt[0]!;
        return { nextInMs: dueInMs - passedMs, ...(guardInMs && { guardInMs: guardInMs - passedMs }) };
      },
      () => over,
    );
    const releaser = releaserOf(() => (over = true));
    const activities = createThrottleActivities({ pool, releaser, config, logger });
    const { worker, taskQueue } = await workflows.worker('throttle', activities);
    const input: ThrottleInput = { ...pack, dueInMs: 0, ...(horizonMs === undefined ? {} : { horizonMs }) };
    await worker.runUntil(
      workflows.env.client.workflow.execute(THROTTLE_WORKFLOW, {
        taskQueue,
        workflowId: taskQueue,
        args: [input],
      }),
    );
    return { looksAfterMs: lookedAt.map((at) => at - lookedAt[0]!) };
  }

  /** The first look says when; the second comes at `atMs`, and a third only where a timer rings a little early. */
  function expectSecondLook(looksAfterMs: number[], atMs: number) {
    expect(looksAfterMs.length).toBeLessThanOrEqual(3);
    expect(looksAfterMs[1]).toBeGreaterThan(atMs - 100);
    expect(looksAfterMs[1]).toBeLessThan(atMs + 1400);
  }

  it.each([500, 2000, 10_000])(
    'of %d ms: one look, so long before the execution is due',
    async (horizonMs) => {
      const { looksAfterMs } = await run(horizonMs, 60_000);
      expectSecondLook(looksAfterMs, 60_000 - horizonMs);
    },
  );

  it('is two seconds for a workflow that was started before its input named one', async () => {
    const { looksAfterMs } = await run(undefined, 60_000);
    expectSecondLook(looksAfterMs, 58_000);
  });

  it('serves the expiry guard as well: one look before it, then the activity waits for it', async () => {
    const { looksAfterMs } = await run(2000, 3_600_000, 60_000);
    expectSecondLook(looksAfterMs, 58_000);
  });

  it('goes with the workflow when that continues as new', async () => {
    const horizons = new Set<unknown>();
    let calls = 0;
    const activities = {
      releaseExecutions({ horizonMs }: { horizonMs?: number }) {
        horizons.add(horizonMs);
        calls += 1;
        return Promise.resolve({ remaining: calls < 300 ? 1 : 0, nextInMs: 5000, ended: {} });
      },
      cancelExecutions: () => Promise.resolve(0),
    };
    const { worker, taskQueue } = await workflows.worker('throttle', activities);
    const { client } = workflows.env;
    const input: ThrottleInput = { ...pack, dueInMs: 0, horizonMs: 700 };
    const handle = await client.workflow.start(THROTTLE_WORKFLOW, {
      taskQueue,
      workflowId: taskQueue,
      args: [input],
    });
    await worker.runUntil(handle.result());
    expect((await client.workflow.getHandle(taskQueue).describe()).runId).not.toBe(
      handle.firstExecutionRunId,
    );
    expect([...horizons]).toEqual([700]);
  });
});

describe('an activity that waits for what is due', () => {
  it('gives a sign of life more often than its heartbeat time-out asks, however far its horizon', async () => {
    const waits: number[] = [];
    let heartbeats = 0;
    const environment = new MockActivityEnvironment();
    environment.on('heartbeat', () => (heartbeats += 1));
    const pool = databaseOf(
      () => Promise.resolve({ nextInMs: 9000 }),
      () => false,
    );
    const releaser = releaserOf((maxMs) => waits.push(maxMs) > 5);
    const activities = createThrottleActivities({ pool, releaser, config, logger });
    await environment.run(activities.releaseExecutions, { ...pack, horizonMs: 10_000 });
    expect(Math.max(...waits)).toBeLessThan(4000);
    expect(heartbeats).toBeGreaterThanOrEqual(4);
  });
});
