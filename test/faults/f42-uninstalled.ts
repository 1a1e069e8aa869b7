import { installApp } from '../support/installApp.js';
import { installedLane, refreshesOf, untilState } from './installed.js';
import { stopwatch, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 400;

export const uninstalled: Fault = {
  id: 'F42',
  title: 'somebody uninstalls the app in the midst of it, and installs it again',
  async run({ stack: createStack }) {
    const stack = await createStack({ workers: 2 });
    const [flow, other] = [await installedLane(stack, RATE), await installedLane(stack, RATE)];
    const { portalId } = flow;
    for (const one of [flow, other])
      await stack.sandbox.enrol(one.portalId, one.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 60, 30_000);
    await stack.sandbox.uninstall(portalId);
    await untilState(stack, portalId, 'reauth_required', 60_000);
    const report = await stack.sandbox.oauthReport();
    const dead = report.deadTokenCalls.total;
    const { calls } = await refreshesOf(stack, portalId);
    await untilCompleted(stack, other, COUNT, 60_000);
    const watch = await stopwatch(stack);
    await installApp(stack, portalId);
    const ms = await watch.nextCallback(30_000);
    await untilCompleted(stack, flow, COUNT, 90_000);
    const problems = [
      ...(calls === 1 ? [] : [`HubSpot was asked ${calls} times for a token that is gone`]),
      ...(dead <= 20 ? [] : [`${dead} calls came with a dead token`]),
    ];
    return verdictOf(
      stack,
      { windows: [flow, other].map((one) => ({ flow: one, ...RATE })) },
      {
        problems,
        figures: [
          ['deadTokenCalls', dead],
          ['resume', seconds(ms)],
        ],
      },
    );
  },
};
