import { seconds, untilCompleted, verdictOf, type Fault } from './fault.js';
import { laneWithShortToken, portalRow, tokenCalls, tokenProblems, watchTokens } from './installed.js';
import { longestGap, timelineOf } from './oracle.js';

const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };
const LIFETIME_SECONDS = 15;
const REFRESH_TAKES_MS = 25_000;
/** From the end of the old token to the answer nothing can go. With less, nothing was tried. */
const LEAST_PAUSE_MS = 10_000;
/** The answer is 25 s away, and what waited for it looks again within 15 s. */
const MAX_PAUSE_MS = 40_000;

export const refreshTakesLong: Fault = {
  id: 'F41',
  title:
    'HubSpot takes 25 s to refresh a token, longer than the old one lives, while executions are released',
  async run({ stack: createStack }) {
    const stack = await createStack({ workers: 2, env: { TOKEN_REFRESH_BEFORE_MS: '8000' } });
    const writes = await watchTokens(stack);
    const flow = await laneWithShortToken(stack, RATE, LIFETIME_SECONDS);
    const { portalId, workflowId } = flow;
    await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'latency', latencyMs: REFRESH_TAKES_MS });
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, flow, COUNT, 120_000);

    const { refreshes, overlapping, dead } = await tokenCalls(stack, portalId);
    const { version, state } = await portalRow(stack, portalId);
    const pauseMs = longestGap(await timelineOf(stack, flow));
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems: [
          ...(refreshes === 1 && overlapping === 0
            ? []
            : [`${refreshes} refreshes, ${overlapping} at once: one was needed`]),
          ...(dead === 0 ? [] : [`${dead} calls came with an expired token`]),
          ...(version === 2 && state === 'active'
            ? []
            : [`The portal is ${state}, its token of version ${version}`]),
          ...(pauseMs >= LEAST_PAUSE_MS ? [] : ['The old token lived as long: nothing was tried']),
          ...(pauseMs <= MAX_PAUSE_MS ? [] : [`Nothing went for ${seconds(pauseMs)}`]),
          ...(await writes.problems()),
          ...(await tokenProblems(stack, portalId)),
        ],
        figures: [
          ['refreshes', refreshes],
          ['dead', dead],
          ['pause', seconds(pauseMs)],
        ],
      },
    );
  },
};
