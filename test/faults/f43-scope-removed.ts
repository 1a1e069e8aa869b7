import { installApp } from '../support/installApp.js';
import { until, type Stack } from '../support/stack.js';
import { completedOf, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';
import { installedLane } from './installed.js';

const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };
const WORKERS = 2;
/** Each process learns it from those of its calls that were out. */
const MAX_REFUSED = WORKERS * 4;
/** As long as nothing may be asked again and again. */
const WITHOUT_MS = 20_000;

export const scopeRemoved: Fault = {
  id: 'F43',
  title: 'the portal takes away the scope that completions need, and gives it back',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: WORKERS });
    const [hit, other] = [await installedLane(stack, RATE), await installedLane(stack, RATE)];
    const { portalId } = hit;
    for (const flow of [hit, other])
      await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, hit, 100, 60_000);
    await stack.sandbox.grantOnly(portalId, ['oauth']);
    await until('HubSpot has refused a call', async () => (await refused(stack, portalId)) > 0, 15_000);
    const from = performance.now();
    await untilCompleted(stack, other, COUNT, 60_000);
    await until('it lasts for a while', () => performance.now() - from > WITHOUT_MS, 60_000, 500);
    const done = await completedOf(stack, hit);
    const calls = await refused(stack, portalId);
    const reasons = await visibleReasons(stack, portalId);
    say(`${calls} calls were refused in ${seconds(performance.now() - from)}; seen as ${reasons.join(', ')}`);

    await installApp(stack, portalId);
    const again = performance.now();
    await until('it goes on', async () => (await completedOf(stack, hit)) > done, 120_000);
    const recoveredMs = performance.now() - again;
    await untilCompleted(stack, hit, COUNT, 120_000);
    return verdictOf(
      stack,
      { windows: [hit, other].map((flow) => ({ flow, ...RATE })) },
      {
        problems: [
          ...(calls <= MAX_REFUSED ? [] : [`${calls} calls were refused for the same reason`]),
          ...(reasons.includes('forbidden') && reasons.includes('MISSING_SCOPES')
            ? []
            : [`Nobody can see why it stands still: ${reasons.join(', ')}`]),
        ],
        figures: [
          ['refused', calls],
          ['recover_p99', seconds(recoveredMs)],
        ],
      },
    );
  },
};

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
