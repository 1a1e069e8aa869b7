import { setTimeout as delay } from 'node:timers/promises';
import { installApp } from '../support/installApp.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import { longestGap, timelineOf } from './oracle.js';
import { completedOf, seconds, untilCompleted, untilWaiting, verdictOf, type Fault } from './fault.js';
import { installedLane } from './installed.js';

const WORKERS = 4;
/** What the workers can have under way of one portal: four calls of 100 each. */
const SENDING = WORKERS * 4 * 100;
/** More than can be under way: the rest waits behind them. */
const COUNT = SENDING + 400;
const RATE = { limit: 4000, intervalMs: 10_000 };
/** HubSpot takes so long for an answer that all calls are under way when the scope goes. */
const ANSWER_MS = 7000;
const OTHERS = 400;
const OTHERS_RATE = { limit: 50, intervalMs: 2000 };
/** Between two windows of the other portal's lane: what stands for longer was held up. */
const MAX_GAP_MS = 5000;
/** As long as nothing may be asked again and again. */
const WITHOUT_MS = 40_000;
/** Those that were under way, and one call after the other that finds out, after growing pauses. */
const MAX_REFUSED = WORKERS * 4 + 12;
const MAX_RECOVERY_MS = 30_000;

export const scopeRemoved: Fault = {
  id: 'F43',
  title: `the portal takes away the scope that completions need while ${SENDING} are being sent, and gives it back`,
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: WORKERS });
    const [hit, other] = [await installedLane(stack, RATE), await installedLane(stack, OTHERS_RATE)];
    const { portalId } = hit;
    await waitInAPausedLane(stack, hit);
    const latency = await stack.sandbox.fault({
      ...{ target: 'callbacks', kind: 'latency', latencyMs: ANSWER_MS, portalId },
    });
    await goOn(stack, portalId);
    await until(
      'all calls are under way',
      async () => (await sending(stack, portalId)) >= SENDING,
      30_000,
      50,
    );
    await stack.sandbox.grantOnly(portalId, ['oauth']);
    await until('HubSpot has refused a call', async () => (await refused(stack, portalId)) > 0, 15_000);
    await stack.sandbox.endFault(latency.id);
    const from = performance.now();
    await stack.sandbox.enrol(other.portalId, other.workflowId, { count: OTHERS });
    await untilCompleted(stack, other, OTHERS, 60_000);
    const gapMs = longestGap(await timelineOf(stack, other));
    await delay(Math.max(0, from + WITHOUT_MS - performance.now())); // how long it lasts is the fault itself
    const done = await completedOf(stack, hit);
    const calls = await refused(stack, portalId);
    const left = await sending(stack, portalId);
    const reasons = await visibleReasons(stack, portalId);
    say(
      `${left} are being sent; ${calls} calls were refused in ${seconds(WITHOUT_MS)}, seen as ${reasons.join(', ')}`,
    );

    await installApp(stack, portalId);
    const again = performance.now();
    await until('it goes on', async () => (await completedOf(stack, hit)) > done, 120_000);
    const recoveredMs = performance.now() - again;
    await untilCompleted(stack, hit, COUNT + 1, 120_000);
    return verdictOf(
      stack,
      {
        windows: [
          { flow: hit, ...RATE },
          { flow: other, ...OTHERS_RATE },
        ],
        quietMs: 120_000,
      },
      {
        problems: [
          ...(left >= SENDING ? [] : [`Only ${left} were being sent`]),
          ...(calls <= MAX_REFUSED ? [] : [`${calls} calls were refused for the same reason`]),
          ...(gapMs <= MAX_GAP_MS ? [] : [`The other portal stood still for ${seconds(gapMs)}`]),
          ...(recoveredMs <= MAX_RECOVERY_MS ? [] : [`It went on after ${seconds(recoveredMs)}`]),
          ...(reasons.includes('forbidden') && reasons.includes('MISSING_SCOPES')
            ? []
            : [`Nobody can see why it stands still: ${reasons.join(', ')}`]),
        ],
        figures: [
          ['sending', left],
          ['refused', calls],
          ['others_standstill', seconds(gapMs)],
          ['recover', seconds(recoveredMs)],
        ],
      },
    );
  },
};

/** So that all of them are due at one moment, and each call is full. */
async function waitInAPausedLane(stack: Stack, flow: Flow): Promise<void> {
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: 1 });
  await untilCompleted(stack, flow, 1, 30_000);
  for (const { id } of await stack.api.lanes(flow.portalId)) await stack.api.changeLane(id, { paused: true });
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 500 });
  await untilWaiting(stack, COUNT, 60_000);
}

async function goOn(stack: Stack, portalId: number): Promise<void> {
  for (const { id } of await stack.api.lanes(portalId)) await stack.api.changeLane(id, { paused: false });
}

async function sending(stack: Stack, portalId: number): Promise<number> {
  const { rows } = await stack.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM executions WHERE portal_id = $1 AND grant_id IS NOT NULL',
    [portalId],
  );
  return rows[0]?.count ?? 0;
}

async function refused(stack: Stack, portalId: number): Promise<number> {
  const { items } = await stack.sandbox.requests({ portalId, limit: 10_000 });
  return items.filter(({ status }) => status === 403).length;
}

/** What an operator is shown: in the portal's requests, and in the log. */
async function visibleReasons(stack: Stack, portalId: number): Promise<string[]> {
  const { items } = await stack.api.must<{ items: { outcome: string }[] }>(
    'GET',
    `/api/portals/${portalId}/requests?status=4xx`,
  );
  const logged = Object.values(stack.logs()).some((text) =>
    text.split('\n').some((line) => line.includes('MISSING_SCOPES') && line.includes(String(portalId))),
  );
  return [...new Set(items.map(({ outcome }) => outcome)), ...(logged ? ['MISSING_SCOPES'] : [])];
}
