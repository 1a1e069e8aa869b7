import { setTimeout as delay } from 'node:timers/promises';
import { maxInAnyWindow, timelineOf } from './oracle.js';
import {
  completedOf,
  pausedLane,
  seconds,
  untilCompleted,
  untilWaiting,
  verdictOf,
  type Fault,
} from './fault.js';

const COUNT = 2000;
const INTERVAL_MS = 2000;
const [FIRST, LOW, HIGH] = [100, 1, 1000];
/** What was granted before the edit may still be on its way. */
const UNDER_WAY_MS = 500;
const EFFECT_WITHIN_MS = 2000;

export const rateEdited: Fault = {
  id: 'F48',
  title: 'the rate goes from 100 to 1 to 1000 while 2,000 wait',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    const { flow, laneId } = await pausedLane(stack, { limit: FIRST, intervalMs: INTERVAL_MS });
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 1000 });
    await untilWaiting(stack, COUNT, 30_000);
    await stack.api.changeLane(laneId, { paused: false });
    await untilCompleted(stack, flow, 3 * FIRST, 30_000);

    const lowered = await edit(LOW);
    await delay(5 * INTERVAL_MS); // long enough to see the low rate used
    const raised = await edit(HIGH);
    await untilCompleted(stack, flow, COUNT + 1, 30_000);

    const times = await timelineOf(stack, flow);
    const during = (from: number, to: number) => times.filter((at) => at >= from && at < to);
    const low = during(lowered.answered + UNDER_WAY_MS, raised.asked);
    const most = {
      first: maxInAnyWindow(during(0, lowered.asked), INTERVAL_MS),
      low: maxInAnyWindow(low, INTERVAL_MS),
      high: maxInAnyWindow(times, INTERVAL_MS),
    };
    // One more might have gone at the low rate; the next shows the high one.
    const effect = (during(raised.asked, Infinity).at(LOW) ?? Infinity) - raised.asked;
    const problems = [
      ...(most.first > FIRST ? [`${most.first} in a window of ${FIRST}`] : []),
      ...(most.low > LOW ? [`${most.low} in a window of ${LOW}`] : []),
      ...(low.length < 2 ? [`Only ${low.length} went while the rate was ${LOW}`] : []),
      ...(effect > EFFECT_WITHIN_MS ? [`Raising the rate took effect after ${seconds(effect)}`] : []),
    ];
    say(
      `most in ${INTERVAL_MS} ms: ${most.first} at ${FIRST}, ${most.low} at ${LOW}, ${most.high} at ${HIGH}`,
    );
    return verdictOf(
      stack,
      { windows: [{ flow, limit: HIGH, intervalMs: INTERVAL_MS }] },
      {
        problems,
        figures: [
          ['at_100', most.first],
          ['at_1', `${most.low} (${low.length} in all)`],
          ['effect', seconds(effect)],
        ],
      },
    );

    /** On HubSpot's clock: when it was asked for, and from when on the new rate is promised. */
    async function edit(limit: number): Promise<{ asked: number; answered: number }> {
      const { nowMs: asked } = await stack.sandbox.health();
      await stack.api.changeLane(laneId, { rate: { limit, intervalMs: INTERVAL_MS } });
      const { nowMs: answered } = await stack.sandbox.health();
      const waiting = COUNT + 1 - (await completedOf(stack, flow));
      say(`${limit} per ${INTERVAL_MS} ms, answered after ${seconds(answered - asked)}; ${waiting} wait`);
      return { asked, answered };
    }
  },
};
