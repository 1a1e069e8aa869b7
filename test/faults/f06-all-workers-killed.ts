import {
  pausedLane,
  seconds,
  stopwatch,
  untilCompleted,
  untilWaiting,
  verdictOf,
  type Fault,
} from './fault.js';

const COUNT = 2000;
const RATE = { limit: 200, intervalMs: 2000 };

export const allWorkersKilled: Fault = {
  id: 'F06',
  title: 'all workers are killed at once with 2,000 waiting',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    const { flow, laneId } = await pausedLane(stack, RATE);
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 1000 });
    await untilWaiting(stack, COUNT, 30_000);
    await stack.api.changeLane(laneId, { paused: false });
    await untilCompleted(stack, flow, 300, 30_000); // in the middle of it
    await Promise.all(stack.workers.map((worker) => worker.kill('SIGKILL')));
    const watch = await stopwatch(stack);
    await Promise.all(stack.workers.map((worker) => worker.restart()));
    const ms = await watch.nextCallback(60_000);
    say(`both killed and started again: the next completion after ${seconds(ms)}`);
    await untilCompleted(stack, flow, COUNT + 1, 90_000);
    return verdictOf(
      stack,
      // What was answered and not booked when they died may be sent again.
      { windows: [{ flow, ...RATE }], ambiguous: 2 * 4 * 100 },
      { figures: [['recover_p99', seconds(ms)]] },
    );
  },
};
