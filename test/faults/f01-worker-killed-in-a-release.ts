import { until, type Flow, type Stack } from '../support/stack.js';
import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';
import { setGate, type Boundary } from './gate.js';

/** Where the worker dies, in the order of a release. */
interface Crash {
  readonly name: string;
  /** Lets the worker come to the boundary; resolves when it stands there. `enrol` brings the work. */
  approach(stack: Stack, flow: Flow, enrol: () => Promise<void>): Promise<{ afterDeath(): Promise<void> }>;
  /** Its completions were answered, and the answers died with it. */
  readonly ambiguous?: boolean;
}

const CLAIM: Boundary = {
  table: 'packs',
  event: 'UPDATE',
  when: 'OLD.claimed_at IS NULL AND NEW.claimed_at IS NOT NULL',
  at: 'before',
};
const GRANT: Boundary = { table: 'lane_grants', event: 'INSERT', at: 'before' };
const GRANTED: Boundary = { table: 'lane_grants', event: 'INSERT', at: 'commit' };
const SETTLE: Boundary = { table: 'execution_history', event: 'INSERT', at: 'before' };
const SETTLED: Boundary = {
  table: 'lane_grants',
  event: 'UPDATE',
  when: 'OLD.answered_at IS NULL AND NEW.answered_at IS NOT NULL',
  at: 'commit',
};

const COUNT = 25;
const RATE = { limit: 10, intervalMs: 2000 };

/** At a gate in the database: what was under way there is undone, or stands although nobody heard of it. */
function atGate(
  name: string,
  boundary: Boundary,
  fate: 'rollBack' | 'letThrough',
  more: { ambiguous?: boolean } = {},
): Crash {
  return {
    name,
    ...more,
    async approach(stack, _flow, enrol) {
      const gate = await setGate(stack, boundary);
      await enrol();
      await gate.caught(20_000);
      return { afterDeath: () => gate[fate]() };
    },
  };
}

/** During a call: HubSpot has it, and has not answered. */
function duringCall(
  name: string,
  fault: { kind: 'noAnswer' } | { kind: 'latency'; latencyMs: number },
): Crash {
  return {
    name,
    async approach(stack, { portalId }, enrol) {
      const before = (await stack.sandbox.health()).requests;
      const { id } = await stack.sandbox.fault({ target: 'callbacks', portalId, ...fault });
      await enrol();
      await until(
        'the completion has arrived at HubSpot',
        async () => (await stack.sandbox.requests({ portalId, after: before - 1 })).items.length > 0,
        20_000,
        10,
      );
      return { afterDeath: () => stack.sandbox.endFault(id) };
    },
  };
}

const CRASHES: readonly Crash[] = [
  atGate('claim', CLAIM, 'rollBack'),
  atGate('grant', GRANT, 'rollBack'),
  atGate('granted, not sent', GRANTED, 'letThrough'),
  duringCall('sent, never applied', { kind: 'noAnswer' }),
  // HubSpot applies it a second later; by then there is nobody to hear the answer.
  duringCall('sent, applied, not answered', { kind: 'latency', latencyMs: 1000 }),
  atGate('answered, not booked', SETTLE, 'rollBack', { ambiguous: true }),
  atGate('booked', SETTLED, 'letThrough'),
];

export const workerKilledInARelease: Fault = {
  id: 'F01',
  title: 'the worker is killed at each side-effect boundary of a release',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const [worker] = stack.workers;
    const recoveries: number[] = [];
    const flows: Flow[] = [];
    for (const crash of CRASHES) {
      const flow = await oneLane(stack, RATE);
      flows.push(flow);
      const { afterDeath } = await crash.approach(stack, flow, async () => {
        await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
      });
      await worker!.kill('SIGKILL');
      await afterDeath();
      const watch = await stopwatch(stack);
      await worker!.restart();
      const ms = await watch.nextCallback(60_000);
      recoveries.push(ms);
      await untilCompleted(stack, flow, COUNT, 60_000);
      say(`killed at "${crash.name}": the next completion after ${seconds(ms)}`);
    }
    const ambiguous = CRASHES.filter((crash) => crash.ambiguous).length * RATE.limit;
    return verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })), ambiguous },
      {
        figures: [
          ['boundaries', CRASHES.length],
          ['recover_p99', seconds(Math.max(...recoveries))],
        ],
      },
    );
  },
};
