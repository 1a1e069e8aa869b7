import { setTimeout as delay } from 'node:timers/promises';
import { longestGap, timelineOf } from './oracle.js';
import { completedOf, oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 1200;
const RATE = { limit: 100, intervalMs: 2000 };
const RESTARTS = 5;

export const postgresRestarted: Fault = {
  id: 'F13',
  title: 'Postgres is restarted without warning every 5 to 10 s',
  async run({ stack: createStack, say, random }) {
    const stack = await createStack({ workers: 2, durable: true });
    const flow = await oneLane(stack, RATE);
    // The intake lasts through all of it.
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 30 });
    await untilCompleted(stack, flow, 50, 30_000);
    const recoveries: number[] = [];
    for (let n = 0; n < RESTARTS; n += 1) {
      const postgres = stack.services!.postgres!;
      postgres.child.signal('SIGQUIT', false); // what `pg_ctl -m immediate` sends
      await postgres.child.exited;
      const watch = await stopwatch(stack);
      await postgres.restart();
      const waits = (await completedOf(stack, flow)) < COUNT;
      if (waits) recoveries.push(await watch.nextCallback(60_000));
      await delay(5000 + random() * 5000); // the rhythm is the fault itself
    }
    say(`restarted ${RESTARTS} times; ${await completedOf(stack, flow)} completed by then`);
    await untilCompleted(stack, flow, COUNT, 120_000);
    const { totals } = await stack.sandbox.report({ portalId: flow.portalId });
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }], ambiguous: RESTARTS * 8 * 100 },
      {
        figures: [
          ['restarts', RESTARTS],
          ['by_answer', totals.answeredAtOnce],
          ['standstill', seconds(longestGap(await timelineOf(stack, flow)))],
          ['recover_p99', seconds(Math.max(...recoveries))],
        ],
      },
    );
  },
};
