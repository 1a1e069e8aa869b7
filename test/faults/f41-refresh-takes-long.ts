import { installedLane, refreshesOf } from './installed.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 300;
const SLOW_MS = 25_000;

export const refreshTakesLong: Fault = {
  id: 'F41',
  title: 'a refresh takes 25 s, longer than the token lives by then; another portal goes on',
  async run({ stack: createStack }) {
    const stack = await createStack({ workers: 2, env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    await stack.sandbox.settings({ tokenLifetimeSeconds: 12 });
    const [slow, other] = [await installedLane(stack, RATE), await installedLane(stack, RATE)];
    await stack.sandbox.fault({
      target: 'oauth',
      portalId: slow.portalId,
      kind: 'latency',
      latencyMs: SLOW_MS,
      count: 1,
    });
    for (const { portalId, workflowId } of [slow, other])
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, other, COUNT, 40_000);
    await untilCompleted(stack, slow, COUNT, 90_000);
    const { overlapping } = await refreshesOf(stack, slow.portalId);
    const dead = (await stack.sandbox.oauthReport()).deadTokenCalls.total;
    const problems = [
      ...(overlapping === 0 ? [] : [`${overlapping} refreshes were begun while another was out`]),
      ...(dead === 0 ? [] : [`${dead} calls came with a dead token`]),
    ];
    return verdictOf(
      stack,
      { windows: [slow, other].map((flow) => ({ flow, ...RATE })) },
      { problems, figures: [['deadTokenCalls', dead]] },
    );
  },
};
