import { until, type Stack } from '../support/stack.js';
import { oneLane, seconds, stopwatch, untilCompleted, untilWaiting, verdictOf, type Fault } from './fault.js';
import { setGate, type Boundary } from './gate.js';

const COUNT = 40;
const RATE = { limit: 20, intervalMs: 2000 };
/** A sweep every 5 s takes what has lain for 5 s, and then the release still has to happen. */
const RECOVERS_WITHIN_MS = 15_000;

/** `rollBack`: the pack was never made. `letThrough`: it was made, and its workflow never started. */
const FATES: readonly { name: string; boundary: Boundary; fate: 'rollBack' | 'letThrough' }[] = [
  {
    name: 'committed, in no pack',
    boundary: { table: 'packs', event: 'INSERT', at: 'before' },
    fate: 'rollBack',
  },
  {
    name: 'in a pack, not started',
    boundary: { table: 'packs', event: 'INSERT', at: 'commit' },
    fate: 'letThrough',
  },
];

export const apiKilledBeforeTheStart: Fault = {
  id: 'F04',
  title: 'the API is killed between the commit and the start of the workflow',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const problems: string[] = [];
    const flows = [];
    const recoveries: number[] = [];
    for (const { name, boundary, fate } of FATES) {
      const flow = await oneLane(stack, RATE);
      flows.push(flow);
      const gate = await setGate(stack, boundary);
      await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
      await gate.caught(10_000);
      await untilWaiting(stack, COUNT, 10_000);
      await untilAcknowledged(stack, flow.workflowId, COUNT);
      await stack.apis[0]!.kill('SIGKILL');
      await gate[fate]();
      const ms = await (await stopwatch(stack)).nextCallback(60_000);
      recoveries.push(ms);
      if (ms > RECOVERS_WITHIN_MS) problems.push(`"${name}" lay for ${seconds(ms)}`);
      await untilCompleted(stack, flow, COUNT, 30_000);
      say(`killed when ${name}: the relay brought it to HubSpot after ${seconds(ms)}`);
      await stack.apis[0]!.restart();
    }
    return verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })) },
      { problems, figures: [['recover_p99', seconds(Math.max(...recoveries))]] },
    );
  },
};

async function untilAcknowledged(stack: Stack, workflowId: number, count: number): Promise<void> {
  await until(
    'HubSpot has read every BLOCK',
    async () => (await stack.sandbox.report({ workflowId })).totals.acknowledged === count,
    10_000,
  );
}
