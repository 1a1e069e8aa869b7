import { timelineOf } from './oracle.js';
import { oneLane, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';
import type { Flow, Stack } from '../support/stack.js';

const COUNT = 600;
const RATE = { limit: 50, intervalMs: 2000 };
const STORM = { ratePerSecond: 40, seconds: 20 };
/** An undisturbed lane may be this late for its last window. */
const SLACK_MS = 3000;

export const foreignStorm: Fault = {
  id: 'F30',
  title: 'another user of the same limit eats it up for 20 s',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const [hit, other] = [await oneLane(stack, RATE), await oneLane(stack, RATE)];
    const problems: string[] = [];
    for (const { portalId, workflowId } of [hit, other])
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, hit, 50, 30_000);
    await stack.sandbox.foreign(hit.portalId, STORM.ratePerSecond, STORM.seconds);
    await untilCompleted(stack, other, COUNT, 90_000);
    await untilCompleted(stack, hit, COUNT, 120_000);

    const { portals } = await stack.sandbox.report();
    const of = (flow: Flow) => portals.find(({ portalId }) => portalId === flow.portalId)!;
    const refused = of(hit).rejected429;
    const late = await lateness(stack, other);
    if (of(other).rejected429 > 0) problems.push('The other portal was refused too');
    if (late > SLACK_MS) problems.push(`The other portal was held up by ${seconds(late)}`);
    if (refused > STORM.seconds)
      problems.push(`${refused} of our calls were refused: more than one a second`);
    say(
      `${of(hit).foreign429} of ${of(hit).foreignCalls} foreign calls and ${refused} of our ${of(hit).calls} were refused`,
    );
    return verdictOf(
      stack,
      { windows: [hit, other].map((flow) => ({ flow, ...RATE })), foreign: true },
      {
        problems,
        figures: [
          ['calls', of(hit).calls],
          ['other_late', seconds(late)],
        ],
      },
    );
  },
};

/** How much longer the lane took than its rate asks for. */
async function lateness(stack: Stack, flow: Flow): Promise<number> {
  const times = await timelineOf(stack, flow);
  return times.at(-1)! - times[0]! - (Math.ceil(COUNT / RATE.limit) - 1) * RATE.intervalMs;
}
