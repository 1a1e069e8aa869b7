import { startRoundRobin } from '../support/roundRobin.js';
import { oneLane, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 300;
const TIMES = 10;
const RATE = { limit: 100, intervalMs: 2000 };

export const calledTenTimes: Fault = {
  id: 'F45',
  title: 'HubSpot makes each call ten times, and two APIs get them in turn',
  async run({ stack: createStack, onEnd }) {
    const balancer = await startRoundRobin();
    onEnd(() => balancer.close());
    const stack = await createStack({ apis: 2, workers: 2, env: { PUBLIC_URL: balancer.url } });
    balancer.spread(stack.apis.map(({ url }) => url));
    const flow = await oneLane(stack, RATE);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT, callsEach: TIMES, ratePerSecond: 60 });
    await untilCompleted(stack, flow, COUNT, 60_000);
    const { lanes, totals } = await stack.sandbox.report({ portalId });
    const { rows } = await stack.pool.query<{ keys: number; ended: number }>(
      'SELECT (SELECT count(*)::int FROM execution_keys) AS keys, (SELECT count(*)::int FROM execution_history) AS ended',
    );
    const calls = lanes[0]!.actionCalls;
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems: [
          ...(calls === COUNT * TIMES ? [] : [`${calls} calls were made`]),
          ...(rows[0]!.keys === COUNT && rows[0]!.ended === COUNT
            ? []
            : [`${rows[0]!.keys} rows for ${COUNT} callbacks`]),
          ...(totals.duplicateCallbacks === 0
            ? []
            : [`${totals.duplicateCallbacks} completions were sent twice`]),
        ],
        figures: [
          ['calls', calls],
          ['executions', rows[0]!.ended],
        ],
      },
    );
  },
};
