import { installApp } from '../support/installApp.js';
import { until } from '../support/stack.js';
import { installedLane, portalRow, refreshesOf, untilState } from './installed.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 600;

export const refreshAnswerLost: Fault = {
  id: 'F40',
  title:
    'HubSpot rotates the refresh token and its answer is lost: with the old one good for a while, then at once dead',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2, env: { TOKEN_REFRESH_BEFORE_MS: '4000' } });
    await stack.sandbox.settings({
      tokenLifetimeSeconds: 12,
      rotateRefreshTokens: true,
      rotationInvalidatesOldAfterMs: 60_000,
    });
    const flow = await installedLane(stack, RATE);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT / 2 });
    await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'answerLost', count: 1 });
    await until(
      'the lost answer was got over',
      async () => (await portalRow(stack, portalId)).token_version >= 2,
      60_000,
    );
    const { calls } = await refreshesOf(stack, portalId);
    say(`${calls} calls for ${(await portalRow(stack, portalId)).token_version - 1} refreshes`);
    await untilCompleted(stack, flow, COUNT / 2, 90_000);

    await stack.sandbox.settings({ rotationInvalidatesOldAfterMs: 0 });
    await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'answerLost', count: 1 });
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT / 2 });
    await untilState(stack, portalId, 'reauth_required', 90_000);
    const asked = (await refreshesOf(stack, portalId)).calls;
    await installApp(stack, portalId);
    await untilCompleted(stack, flow, COUNT, 120_000);
    const { overlapping } = await refreshesOf(stack, portalId);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems: overlapping === 0 ? [] : [`${overlapping} refreshes were out at once`],
        figures: [['calls', asked]],
      },
    );
  },
};
