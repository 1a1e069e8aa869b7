import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/stack.js';
import { longestGap, timelineOf } from './oracle.js';
import { completedOf, oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 900;
const RATE = { limit: 50, intervalMs: 2000 };
const STOPPED_MS = 30_000;

export const workerStopped: Fault = {
  id: 'F07',
  title: 'a worker is stopped for 30 s in the middle of a call, then goes on as if nothing had been',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    const flow = await oneLane(stack, RATE);
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 100, 60_000);

    // A call that takes a while, so that whoever makes it can be stopped in its middle.
    const slow = await stack.sandbox.fault({
      target: 'callbacks',
      kind: 'latency',
      latencyMs: 1500,
      count: 1,
    });
    await until(
      'a call is under way',
      async () => (await stack.sandbox.faults()).items.some(({ id, hits }) => id === slow.id && hits > 0),
      20_000,
      10,
    );
    const sender = await ownerOfOpenGrant();
    const zombie = stack.workers.find(({ pid }) => sender.includes(`:${pid}:`));
    if (!zombie) throw new Error(`No worker is ${sender}`);
    zombie.signal('SIGSTOP');
    const watch = await stopwatch(stack);
    await stack.sandbox.endFault(slow.id);
    const stoppedFrom = performance.now();
    const before = await completedOf(stack, flow);
    const ms = await watch.nextCallback(STOPPED_MS);
    await delay(STOPPED_MS - (performance.now() - stoppedFrom)); // the length of the stop is the fault itself
    const meanwhile = (await completedOf(stack, flow)) - before;
    zombie.signal('SIGCONT');
    say(
      `${zombie.name} stopped: the other one went on after ${seconds(ms)} and completed ${meanwhile} meanwhile`,
    );
    await untilCompleted(stack, flow, COUNT, 90_000);

    const { rows } = await stack.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM lane_grants WHERE fence > 0',
    );
    const takenOver = rows[0]?.count ?? 0;
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }], ambiguous: 4 * 100 },
      {
        problems: [
          ...(takenOver === 0 ? ['No grant of the stopped worker was taken over'] : []),
          ...(meanwhile === 0 ? ['Nothing was completed while the worker stood'] : []),
        ],
        figures: [
          ['taken_over', takenOver],
          ['standstill', seconds(longestGap(await timelineOf(stack, flow)))],
          ['recover_p99', seconds(ms)],
        ],
      },
    );

    async function ownerOfOpenGrant(): Promise<string> {
      const { rows: open } = await stack.pool.query<{ owner: string }>(
        'SELECT owner FROM lane_grants WHERE answered_at IS NULL ORDER BY id DESC LIMIT 1',
      );
      return open[0]?.owner ?? '';
    }
  },
};
