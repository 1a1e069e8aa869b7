import { describe, expect, it } from '@jest/globals';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { NoticeActivities } from '../../../src/activities/workspaces/noticeActivities.js';
import type { TokenActivities, TokenLook } from '../../../src/activities/tokens/tokenActivities.js';
import { PORTAL_CHANGED_SIGNAL, TOKEN_KEEPER_WORKFLOW } from '../../../src/temporal/tokens/contract.js';
import { NOTICE_WORKFLOW } from '../../../src/temporal/workspaces/contract.js';
import { until } from '../../support/until.js';
import { tookMs, useWorkflows } from '../../support/workflows.js';

const HOUR_MS = 3_600_000;
const LIFE_MS = 1_740_000; // of half an hour, less the minute before its end

const workflows = useWorkflows();
async function run<T>(
  workflow: string,
  args: unknown[],
  activities: object,
  work: (handle: WorkflowHandleWithFirstExecutionRunId, startedAt: number) => Promise<T>,
): Promise<T> {
  const { worker, taskQueue } = await workflows.worker(workflow, activities);
  return worker.runUntil(async () => {
    const startedAt = await workflows.env.currentTimeMs();
    return work(
      await workflows.env.client.workflow.start(workflow, { taskQueue, workflowId: taskQueue, args }),
      startedAt,
    );
  });
}

/** A portal as the activities see it: its token lives so long, and is in use until it was refreshed so often. */
function portal(options: { uses: number; fails?: (number | null)[] }) {
  const seen = { refreshedAt: [] as number[], tries: [] as number[], resumed: 0, looks: 0 };
  const state = {
    version: 1,
    dueAt: -1,
    coolUntil: 0,
    reauth: false,
    gone: false,
    fails: [...(options.fails ?? [])],
  };
  const activities: TokenActivities & { resumePortal: () => Promise<{ lanes: number }> } = {
    async lookAtToken(): Promise<TokenLook> {
      seen.looks += 1;
      const now = await workflows.env.currentTimeMs();
      if (state.dueAt < 0) state.dueAt = now + LIFE_MS;
      if (state.gone) return { state: 'over', why: 'disconnected' };
      if (state.reauth) return { state: 'reauth_required', reason: 'the app was uninstalled' };
      return {
        state: 'active',
        workspaceId: 'w',
        version: state.version,
        dueInMs: Math.max(0, state.dueAt - now, state.coolUntil - now),
        inUse: seen.refreshedAt.length < options.uses,
        failing: state.coolUntil > now ? 'transient: status 503' : null,
      };
    },
    async refreshToken({ version }) {
      const now = await workflows.env.currentTimeMs();
      seen.tries.push(version);
      const fails = state.fails.shift();
      if (fails !== undefined) {
        if (fails === null) state.reauth = true;
        else state.coolUntil = now + fails;
        return { retryInMs: fails ?? 1000 };
      }
      seen.refreshedAt.push(now);
      state.version += 1;
      state.dueAt = now + LIFE_MS;
      return { retryInMs: null };
    },
    async resumePortal() {
      seen.resumed += 1;
      return { lanes: 1 };
    },
  };
  return { seen, state, activities };
}

describe('the keeper of a token', () => {
  it('refreshes it a minute before its end for as long as it is in use, and ends when it is not', async () => {
    const { seen, activities } = portal({ uses: 3 });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle, startedAt) => {
      expect(await handle.result()).toBe('idle');
      const after = seen.refreshedAt.map((at) => Math.round((at - startedAt) / LIFE_MS));
      expect(after).toEqual([1, 2, 3]);
      expect(seen.tries).toEqual([1, 2, 3]);
    });
  });

  it('tries again when a refresh failed, not sooner than it may', async () => {
    const { seen, activities } = portal({ uses: 1, fails: [60_000, 120_000] });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle, startedAt) => {
      expect(await handle.result()).toBe('idle');
      expect(seen.tries).toEqual([1, 1, 1]);
      expect(seen.refreshedAt[0]! - startedAt).toBeGreaterThanOrEqual(LIFE_MS + 180_000);
    });
  });

  it('waits for a new authorisation, says so, and has what waited go on', async () => {
    const { seen, state, activities } = portal({ uses: 1, fails: [null] });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle) => {
      await workflows.env.sleep(LIFE_MS + 60_000);
      await until(
        'it waits for that',
        async () => (await handle.describe()).searchAttributes.ExecutionState?.[0] === 'reauth_required',
        10_000,
      );
      expect(seen.resumed).toBe(0);
      state.reauth = false;
      await handle.signal(PORTAL_CHANGED_SIGNAL);
      expect(await handle.result()).toBe('idle');
      expect([seen.resumed, seen.refreshedAt.length]).toEqual([1, 1]);
    });
  });

  it('notices a new authorisation of which nobody told it', async () => {
    const { seen, state, activities } = portal({ uses: 1, fails: [null] });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle) => {
      await workflows.env.sleep(LIFE_MS + 60_000);
      state.reauth = false;
      await workflows.env.sleep(7 * HOUR_MS);
      expect(await handle.result()).toBe('idle');
      expect(seen.resumed).toBe(1);
    });
  });

  it('ends when the portal is disconnected', async () => {
    const { state, activities } = portal({ uses: 1 });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle) => {
      state.gone = true;
      await handle.signal(PORTAL_CHANGED_SIGNAL);
      expect(await handle.result()).toBe('disconnected');
    });
  });

  it('goes on in a new run before its history grows long', async () => {
    const { seen, activities } = portal({ uses: 300 });
    await run(TOKEN_KEEPER_WORKFLOW, [{ portalId: 1 }], activities, async (handle) => {
      expect(await handle.result()).toBe('idle');
      expect(seen.refreshedAt.length).toBe(300);
      const first = workflows.env.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId, {
        followRuns: false,
      });
      expect((await first.describe()).status.name).toBe('CONTINUED_AS_NEW');
      expect(
        (await workflows.env.client.workflow.getHandle(handle.workflowId).fetchHistory()).events?.length,
      ).toBeLessThan(2200);
    });
  }, 60_000);
});

describe('a notice', () => {
  const input = [{ workspaceId: 'w', noticeId: '7', kind: 'portal.reauth_required' }];
  function receiver(takesAfter: number) {
    const seen = { triedAt: [] as number[], given: 0 };
    const activities: NoticeActivities = {
      async deliverNotice() {
        seen.triedAt.push(await workflows.env.currentTimeMs());
        if (seen.triedAt.length <= takesAfter) throw new Error('It answered 500');
        return 'delivered';
      },
      async giveUpNotice() {
        seen.given += 1;
      },
    };
    return { seen, activities };
  }

  it('is tried until it is taken, ever more rarely', async () => {
    const { seen, activities } = receiver(6);
    await run(NOTICE_WORKFLOW, input, activities, async (handle) => {
      expect(await handle.result()).toBe('delivered');
      const gaps = seen.triedAt.slice(1).map((at, n) => at - seen.triedAt[n]!);
      expect(gaps.length).toBe(6);
      for (const [n, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(5000 * 2 ** n);
    });
  });

  it('is given up after three days, and said to be', async () => {
    const { seen, activities } = receiver(Infinity);
    await run(NOTICE_WORKFLOW, input, activities, async (handle) => {
      expect(await handle.result()).toBe('failed');
      expect(seen.given).toBe(1);
      const took = await tookMs(handle);
      expect(took).toBeGreaterThan(2.9 * 24 * HOUR_MS);
      expect(took).toBeLessThan(3.5 * 24 * HOUR_MS); // the last try may begin late
      expect(seen.triedAt.length).toBeGreaterThan(70);
      expect(seen.triedAt.length).toBeLessThan(100);
    });
  }, 60_000);
});
