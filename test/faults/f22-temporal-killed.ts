import { setTimeout as delay } from 'node:timers/promises';
import { longestGap, timelineOf } from './oracle.js';
import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 900;
const RATE = { limit: 100, intervalMs: 2000 };
const AWAY_MS = 30_000;

export const temporalKilled: Fault = {
  id: 'F22',
  title: 'Temporal is killed and stays away for 30 s; the intake goes on',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    const flow = await oneLane(stack, RATE);
    const problems: string[] = [];
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 15 });
    await untilCompleted(stack, flow, 50, 30_000);

    const temporal = stack.services!.temporal!;
    await temporal.child.kill();
    const before = await acknowledged();
    await delay(AWAY_MS); // the length of the absence is the fault itself
    const meanwhile = (await acknowledged()) - before;
    if (meanwhile < 300) problems.push(`The intake took only ${meanwhile} calls while Temporal was away`);
    const watch = await stopwatch(stack);
    await temporal.restart();
    const ended = stack.workers.filter(({ alive }) => !alive);
    for (const worker of ended) await worker.restart(); // as whatever supervises it would
    const ms = await watch.nextCallback(60_000);
    say(
      `back after ${seconds(AWAY_MS)}: ${meanwhile} were taken meanwhile, the next completion came ${seconds(ms)} later`,
    );
    await untilCompleted(stack, flow, COUNT, 120_000);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }], ambiguous: 0, quietMs: 90_000 },
      {
        problems,
        figures: [
          ['taken', meanwhile],
          ['workers_ended', ended.length],
          ['standstill', seconds(longestGap(await timelineOf(stack, flow)))],
          ['recover_p99', seconds(ms)],
        ],
      },
    );

    async function acknowledged(): Promise<number> {
      return (await stack.sandbox.report({ workflowId: flow.workflowId })).totals.acknowledged;
    }
  },
};
