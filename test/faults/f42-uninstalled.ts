import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { completedOf, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';
import { installedLane, laneWithShortToken, reauthNotices, tokenCalls, untilState } from './installed.js';
import { longestGap, timelineOf } from './oracle.js';

const COUNT = 400;
const LATE = 30;
const RATE = { limit: 20, intervalMs: 1000 };
/** Those that were out at that moment; from the answer on nothing is sent. */
const MAX_DEAD_CALLS = 4;
/** A token that was granted seconds ago is not replaced at once, so it is tried a few times more. */
const MAX_DEAD_CALLS_YOUNG = 6;
const LIFETIME_SECONDS = 15;
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const WAITING = 500;
/** A lane at 20 per second of a portal that nobody touches. */
const UNDISTURBED_MS = 5000;

export const uninstalled: Fault = {
  id: 'F42',
  title: 'the app is uninstalled, its access is revoked, and a portal is disconnected, while executions wait',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    const other = await installedLane(stack, RATE);
    const young = await installedLane(stack, RATE);
    const old = await installedLane(stack, RATE);
    await stack.pool.query(
      `UPDATE portals SET refreshed_at = refreshed_at - interval '10 minutes' WHERE portal_id = $1`,
      [old.portalId],
    );
    for (const flow of [other, young, old])
      await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    const problems = [
      ...(await takenAway(stack, young, MAX_DEAD_CALLS_YOUNG, 'paused later')),
      ...(await takenAway(stack, old, MAX_DEAD_CALLS, 'paused at once')),
    ];
    await untilCompleted(stack, other, COUNT, 120_000);
    const gapMs = longestGap(await timelineOf(stack, other));
    if (gapMs > UNDISTURBED_MS) problems.push(`Another portal stood still for ${seconds(gapMs)}`);
    problems.push(...(await goesOn(stack, old, MAX_DEAD_CALLS)));

    const revoked = await laneWithShortToken(stack, RATE, LIFETIME_SECONDS);
    await stack.sandbox.enrol(revoked.portalId, revoked.workflowId, { count: COUNT });
    await stack.sandbox.revoke(revoked.portalId);
    await untilState(stack, revoked.portalId, 'reauth_required', 60_000);
    problems.push(...(await goesOn(stack, revoked, 0)));

    const { flow: disconnected, ended, found } = await disconnect(stack);
    problems.push(...found);
    await untilState(stack, young.portalId, 'reauth_required', 90_000);
    problems.push(...(await goesOn(stack, young, MAX_DEAD_CALLS_YOUNG)));
    const dead = {
      old: (await tokenCalls(stack, old.portalId)).dead,
      young: (await tokenCalls(stack, young.portalId)).dead,
    };
    say(`calls after the uninstall: ${dead.old}; with a token that was just granted: ${dead.young}`);
    return verdictOf(
      stack,
      {
        windows: [
          ...[other, young, old, revoked].map((flow) => ({ flow, ...RATE })),
          { flow: disconnected, ...ONE_PER_HOUR },
        ],
      },
      {
        problems,
        figures: [
          ['dead', `${dead.old}/${dead.young}`],
          ['cancelled', ended],
          ['othersGap', seconds(gapMs)],
        ],
      },
    );
  },
};

/** Takes the app away while its lane is being released. */
async function takenAway(
  stack: Stack,
  flow: Flow,
  mostDead: number,
  then: 'paused at once' | 'paused later',
): Promise<string[]> {
  const { portalId } = flow;
  await untilCompleted(stack, flow, 40, 60_000);
  await stack.sandbox.uninstall(portalId);
  if (then === 'paused later') return [];
  const { stateReason } = await untilState(stack, portalId, 'reauth_required', 15_000);
  const { dead } = await tokenCalls(stack, portalId);
  return [
    ...(stateReason?.includes('BAD_') ? [] : [`An uninstalled portal gives as its reason: ${stateReason}`]),
    ...(dead <= mostDead ? [] : [`${dead} calls were made with the token of an uninstalled app`]),
  ];
}

/** While it is paused HubSpot's calls are taken in and nothing is sent; after a new install everything goes. */
async function goesOn(stack: Stack, flow: Flow, mostDead: number): Promise<string[]> {
  const { portalId, workflowId } = flow;
  const before = await tokenCalls(stack, portalId);
  const gone = await completedOf(stack, flow);
  await stack.sandbox.enrol(portalId, workflowId, { count: LATE });
  await until(
    'those that came late wait, too',
    async () => (await waitingOf(stack, portalId)) === COUNT + LATE - gone,
    30_000,
  );
  const after = await tokenCalls(stack, portalId);
  const notices = await reauthNotices(stack, portalId);
  await installApp(stack, portalId);
  await untilCompleted(stack, flow, COUNT + LATE, 120_000);
  return [
    ...(after.dead === before.dead && after.refreshes === before.refreshes
      ? []
      : [
          `${after.dead - before.dead} calls and ${after.refreshes - before.refreshes} refreshes while paused`,
        ]),
    ...(after.dead <= mostDead ? [] : [`${after.dead} calls were made with a dead token`]),
    ...(notices === 1 ? [] : [`${notices} notices instead of one`]),
  ];
}

/** 500 wait in HubSpot and here; while the portal is disconnected and after it, HubSpot goes on calling. */
async function disconnect(stack: Stack): Promise<{ flow: Flow; ended: number; found: string[] }> {
  const flow = await installedLane(stack, ONE_PER_HOUR);
  const { portalId, workflowId } = flow;
  await stack.sandbox.enrol(portalId, workflowId, { count: WAITING + 1 });
  await until(
    `${WAITING} wait`,
    async () => (await waitingOf(stack, portalId)) === WAITING && (await completedOf(stack, flow)) === 1,
    30_000,
  );
  await stack.api.must('POST', '/api/integrations/hubspot/disconnect', { portalId });
  await stack.sandbox.enrol(portalId, workflowId, { count: LATE });
  await untilState(stack, portalId, 'disconnected', 120_000);
  await stack.sandbox.enrol(portalId, workflowId, { count: LATE });
  const all = WAITING + 1 + 2 * LATE;
  await until('HubSpot has every one back', async () => (await completedOf(stack, flow)) === all, 60_000);
  const { rows } = await stack.pool.query<{ state: string; reason: string | null; count: number }>(
    'SELECT state, reason, count(*)::int AS count FROM execution_history WHERE portal_id = $1 GROUP BY 1, 2',
    [portalId],
  );
  const count = (state: string) =>
    rows.filter((row) => row.state === state).reduce((sum, row) => sum + row.count, 0);
  const silent = rows.filter(({ state, reason }) => state !== 'completed' && !reason?.includes('disconnect'));
  const left = await waitingOf(stack, portalId);
  const cancelled = count('cancelled');
  return {
    flow,
    ended: cancelled,
    found: [
      ...(cancelled === WAITING && count('refused') === 2 * LATE
        ? []
        : [`Of ${all} executions ${cancelled} ended as cancelled, ${count('refused')} as refused`]),
      ...silent.map(({ state, reason }) => `Some are ${state} with the reason ${reason}`),
      ...(left === 0 ? [] : [`${left} wait for a portal that is disconnected`]),
    ],
  };
}

async function waitingOf(stack: Stack, portalId: number): Promise<number> {
  const { rows } = await stack.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM executions WHERE portal_id = $1',
    [portalId],
  );
  return rows[0]?.count ?? 0;
}
