import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';
import { timelineOf } from './oracle.js';

const COUNT = 300;
const RATE = { limit: 50, intervalMs: 2000 };
const SLACK_MS = 3000;
const LOCKED_AT_LEAST_MS = 2000;

export const lockedAndMigrating: Fault = {
  id: 'F32',
  title: 'HubSpot answers 423 for a while, then 477 (it moves the portal) with a wait in seconds',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const [hit, other] = [await oneLane(stack, RATE), await oneLane(stack, RATE)];
    const { portalId } = hit;
    const problems: string[] = [];
    await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'status', status: 423, count: 3 });
    for (const flow of [hit, other])
      await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, hit, 100, 60_000);

    await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'status', status: 477, count: 1 });
    const watch = await stopwatch(stack);
    await untilCompleted(stack, other, COUNT, 60_000);
    await untilCompleted(stack, hit, COUNT, 180_000);

    const { items } = await stack.sandbox.requests({ portalId, limit: 10_000 });
    const at = (status: number) => items.filter((one) => one.status === status).map((one) => one.atMs);
    const next = (from: number) => items.find((one) => one.atMs > from)?.atMs ?? Infinity;
    for (const from of at(423))
      if (next(from) - from < LOCKED_AT_LEAST_MS)
        problems.push(`A call came ${seconds(next(from) - from)} after a 423`);
    const [moved] = at(477);
    if (moved === undefined) problems.push('No call met the 477');
    else if (next(moved) - moved < 60_000)
      problems.push(`A call came ${seconds(next(moved) - moved)} after a 477 that asked for 60 s`);
    const times = await timelineOf(stack, other);
    const late = times.at(-1)! - times[0]! - (Math.ceil(COUNT / RATE.limit) - 1) * RATE.intervalMs;
    if (late > SLACK_MS) problems.push(`The other portal was held up by ${seconds(late)}`);
    const ms = await watch.nextCallback(1000);
    say(
      `${at(423).length} × 423, ${at(477).length} × 477; the other portal ${seconds(Math.max(0, late))} late`,
    );
    return verdictOf(
      stack,
      { windows: [hit, other].map((flow) => ({ flow, ...RATE })) },
      {
        problems,
        figures: [
          ['recover_p99', seconds(ms)],
          ['other_late', seconds(Math.max(0, late))],
        ],
      },
    );
  },
};
