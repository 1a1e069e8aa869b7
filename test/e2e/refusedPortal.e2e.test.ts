import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commitsPerSecond } from '../support/commits.js';
import type { FaultPlan } from '../support/sandboxClient.js';
import { startStack, until, type Flow, type Stack } from '../support/stack.js';

const SLOTS = 20;
const REFUSED = 2 * SLOTS;
const OTHERS = 5;
const IN_TIME_MS = 5000;
/** What a second costs beyond an idle one: the calls that find out, and nothing per execution that waits. */
const MAX_MORE_COMMITS_PER_SECOND = 15;
/** A round of the reconciler: each stretch of this length has the sweeps of one. */
const ROUND_MS = 5000;
/** What the others and the suspension itself cost is over by then: what goes on costs the same in each round. */
const SETTLED_WITHIN_MS = 6 * ROUND_MS;

/** More executions wait in a portal that HubSpot refuses than the worker has slots, each in a workflow of its own. */
describe('A portal that HubSpot refuses', () => {
  let stack: Stack;
  let other: Flow;
  let idle: number;

  beforeAll(async () => {
    stack = await startStack({
      env: { THROTTLE_MAX_PER_WORKFLOW: '1', WORKER_RELEASE_SLOTS: String(SLOTS) },
    });
    other = await stack.addFlow(await stack.connectPortal(), {
      steps: [{ rate: { limit: 100, intervalMs: 10_000 } }],
    });
    await releaseOthers();
    await delay(2000);
    idle = await commitsPerSecond(stack.pool, ROUND_MS);
  }, 120_000);
  afterAll(() => stack?.stop(), 30_000);

  const completedOf = async ({ workflowId }: Flow) =>
    (await stack.sandbox.report({ workflowId })).totals.completed;

  async function releaseOthers(): Promise<number> {
    const before = await completedOf(other);
    const from = performance.now();
    await stack.sandbox.enrol(other.portalId, other.workflowId, { count: OTHERS });
    await until(
      'the other portal is through',
      async () => (await completedOf(other)) >= before + OTHERS,
      120_000,
      50,
    );
    return performance.now() - from;
  }

  const suspension = async (portalId: number) =>
    (
      await stack.pool.query<{ reason: string }>(
        'SELECT reason FROM portal_suspensions WHERE portal_id = $1',
        [portalId],
      )
    ).rows[0];

  const replaceToken = async (portalId: number) => {
    const { accessToken } = await stack.sandbox.install(portalId);
    await stack.api.must('POST', '/api/portals', { portalId, accessToken });
  };

  describe.each<{
    cause: string;
    fault: Partial<FaultPlan>;
    reason: string;
    mend?: typeof replaceToken;
    withinMs: number;
  }>([
    { cause: '401', fault: { status: 401 }, reason: 'unauthorized', mend: replaceToken, withinMs: 10_000 },
    { cause: '403', fault: { status: 403 }, reason: 'forbidden', withinMs: 65_000 },
    { cause: '423', fault: { status: 423 }, reason: 'locked', withinMs: 35_000 },
    { cause: '477', fault: { status: 477, retryAfterSeconds: 30 }, reason: 'migrating', withinMs: 45_000 },
    {
      cause: '429 of the day',
      fault: { status: 429, policy: 'DAILY', retryAfterSeconds: 30 },
      reason: 'throttled',
      withinMs: 45_000,
    },
    { cause: '500', fault: { status: 500 }, reason: 'breaker', withinMs: 65_000 },
  ])('with $cause', ({ fault, reason, mend, withinMs }) => {
    it('holds up nobody, costs nothing while it lasts, and goes on by itself when it is over', async () => {
      const flow = await stack.addFlow(await stack.connectPortal(), {
        steps: [{ rate: { limit: 3000, intervalMs: 3_600_000 } }],
      });
      const { portalId } = flow;
      const { id } = await stack.sandbox.fault({ target: 'callbacks', kind: 'status', portalId, ...fault });
      await stack.sandbox.enrol(portalId, flow.workflowId, { count: REFUSED, ratePerSecond: 20 });
      await until(
        'all of them ride in a workflow',
        async () => {
          const { rows } = await stack.pool.query(
            'SELECT FROM packs WHERE portal_id = $1 AND claimed_at IS NOT NULL',
            [portalId],
          );
          return rows.length === REFUSED;
        },
        30_000,
      );
      await until(
        'the portal is suspended',
        async () => (await suspension(portalId))?.reason === reason,
        30_000,
      );

      expect(await releaseOthers()).toBeLessThan(IN_TIME_MS);
      await until(
        'a whole round costs little more than an idle one',
        async () => (await commitsPerSecond(stack.pool, ROUND_MS)) < idle + MAX_MORE_COMMITS_PER_SECOND,
        SETTLED_WITHIN_MS,
        0,
      );
      expect(await completedOf(flow)).toBe(0);

      await stack.sandbox.endFault(id);
      await mend?.(portalId);
      await until('it goes on', async () => (await completedOf(flow)) > 0, withinMs);
      await until('all are through', async () => (await completedOf(flow)) === REFUSED, 15_000);
      expect(await suspension(portalId)).toBeUndefined();
    }, 180_000);
  });
});
