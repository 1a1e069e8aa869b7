import { until, type Stack } from '../support/stack.js';
import { pausedLane, untilWaiting, verdictOf, type Fault } from './fault.js';

const COUNT = 60;
const EACH = 20;
const RATE = { limit: 100, intervalMs: 2000 };
/** Finding 40 of 60 by halving takes at most this many calls; a retry storm takes more. */
const MAX_CALLS = 2 * COUNT;

export const alreadyOver: Fault = {
  id: 'F47',
  title: 'callbacks that HubSpot has expired or somebody else has completed, answered 204 and refused',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const problems: string[] = [];
    const flows = [];
    let most = 0;
    for (const unknownCallbacks of ['accept', 'reject'] as const) {
      await stack.sandbox.settings({ unknownCallbacks });
      const { flow, laneId } = await pausedLane(stack, RATE);
      flows.push(flow);
      const { portalId, workflowId } = flow;
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
      await untilWaiting(stack, COUNT, 10_000);
      const ids = await waiting(stack);
      for (const id of ids.slice(0, EACH)) await stack.sandbox.completeByOthers(id);
      for (const id of ids.slice(EACH, 2 * EACH)) await stack.sandbox.expire(id);
      await stack.api.changeLane(laneId, { paused: false });
      await until('all have ended', async () => (await waiting(stack)).length === 0, 30_000);

      const { portals } = await stack.sandbox.report({ portalId });
      const { rows } = await stack.pool.query<{ state: string; count: number }>(
        'SELECT state, count(*)::int AS count FROM execution_history WHERE portal_id = $1 GROUP BY state ORDER BY state',
        [portalId],
      );
      const ends = rows.map(({ state, count }) => `${count} ${state}`).join(', ');
      say(`HubSpot would ${unknownCallbacks}: ${ends}, in ${portals[0]!.calls} calls`);
      most = Math.max(most, portals[0]!.calls);
      const gone = rows.find(({ state }) => state === 'gone')?.count ?? 0;
      const expected = unknownCallbacks === 'reject' ? EACH : 0;
      if (gone !== expected) problems.push(`${gone} ended as gone; ${expected} should`);
    }
    if (most > MAX_CALLS) problems.push(`${most} calls for ${COUNT} executions`);
    return verdictOf(
      stack,
      { windows: flows.map((flow) => ({ flow, ...RATE })), endedByHubSpot: EACH },
      { problems, figures: [['calls', most]] },
    );
  },
};

async function waiting(stack: Stack): Promise<string[]> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM executions ORDER BY seq',
  );
  return rows.map(({ id }) => id);
}
