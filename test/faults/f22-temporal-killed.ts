import { setTimeout as delay } from 'node:timers/promises';
import { longestGap, timelineOf } from './oracle.js';
import { oneLane, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 900;
const LATECOMERS = 150;
const RATE = { limit: 100, intervalMs: 2000 };
const AWAY_MS = 30_000;

export const temporalKilled: Fault = {
  id: 'F22',
  title: 'Temporal is killed and stays away for 30 s; the intake goes on',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    // One lane flows when it happens, so that workers hold its workflows; the other begins in the dark.
    const flowing = await oneLane(stack, RATE);
    const late = await oneLane(stack, RATE);
    const problems: string[] = [];
    await stack.sandbox.enrol(flowing.portalId, flowing.workflowId, { count: COUNT, ratePerSecond: 15 });
    await untilCompleted(stack, flowing, 50, 30_000);

    const temporal = stack.services!.temporal!;
    await temporal.child.kill();
    const before = await acknowledged();
    await stack.sandbox.enrol(late.portalId, late.workflowId, { count: LATECOMERS, ratePerSecond: 15 });
    await delay(AWAY_MS); // the length of the absence is the fault itself
    const meanwhile = (await acknowledged()) - before;
    const expected = (AWAY_MS / 1000) * 15 + LATECOMERS;
    if (meanwhile < 0.8 * expected) {
      problems.push(`The intake took only ${meanwhile} of ${expected} calls while Temporal was away`);
    }
    const { nowMs } = await stack.sandbox.health();
    await temporal.restart();
    const ended = stack.workers.filter(({ alive }) => !alive);
    for (const worker of ended) await worker.restart(); // as whatever supervises it would
    await untilCompleted(stack, late, LATECOMERS, 60_000);
    const ms = Math.max(0, (await timelineOf(stack, late))[0]! - nowMs);
    say(
      `back after ${seconds(AWAY_MS)}: ${meanwhile} were taken meanwhile; the lane that began in the dark went on after ${seconds(ms)}`,
    );
    await untilCompleted(stack, flowing, COUNT, 120_000);
    return verdictOf(
      stack,
      { windows: [flowing, late].map((flow) => ({ flow, ...RATE })), quietMs: 90_000 },
      {
        problems,
        figures: [
          ['taken', meanwhile],
          ['workers_ended', ended.length],
          ['standstill', seconds(longestGap(await timelineOf(stack, flowing)))],
          ['recover_p99', seconds(ms)],
        ],
      },
    );

    async function acknowledged(): Promise<number> {
      return (await stack.sandbox.report()).totals.acknowledged;
    }
  },
};
