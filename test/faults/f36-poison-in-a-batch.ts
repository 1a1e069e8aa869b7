import { until } from '../support/stack.js';
import { arrivals, seenByHubSpot } from './oracle.js';
import { pausedLane, seconds, untilWaiting, verdictOf, type Fault } from './fault.js';

const COUNT = 100;
const RATE = { limit: 110, intervalMs: 2000 };
/** The others finish in the same second, however the poisoned one is found. */
const OTHERS_WITHIN_MS = 1500;

export const poisonInABatch: Fault = {
  id: 'F36',
  title: 'one callback of a batch of 100 is refused by HubSpot',
  async run({ stack: createStack, random, say }) {
    const stack = await createStack();
    await stack.sandbox.settings({ unknownCallbacks: 'reject' });
    const { flow, laneId } = await pausedLane(stack, RATE);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilWaiting(stack, COUNT, 10_000);
    const { rows } = await stack.pool.query<{ id: string }>(
      'SELECT callback_id AS id FROM executions ORDER BY seq',
    );
    const poison = rows[Math.floor(random() * rows.length)]!.id;
    await stack.sandbox.expire(poison);
    await stack.api.changeLane(laneId, { paused: false });
    await until(
      'all have ended',
      async () => (await stack.pool.query('SELECT 1 FROM executions LIMIT 1')).rowCount === 0,
      30_000,
    );

    const times = arrivals([
      ...(
        await seenByHubSpot(
          stack,
          rows.map(({ id }) => id),
        )
      ).values(),
    ]);
    const span = times.at(-1)! - times[0]!;
    const { rows: ended } = await stack.pool.query<{ callbackId: string }>(
      `SELECT callback_id AS "callbackId" FROM execution_history WHERE state <> 'completed'`,
    );
    const { portals } = await stack.sandbox.report({ portalId });
    const calls = portals[0]!.calls - 2; // the one that made the lane, and the one that asked for the time zone
    say(`${times.length} others completed within ${seconds(span)}, in ${calls} calls`);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }], endedByHubSpot: 1 },
      {
        problems: [
          ...(times.length === COUNT - 1
            ? []
            : [`${times.length} of the ${COUNT - 1} others were completed`]),
          ...(span > OTHERS_WITHIN_MS ? [`The others took ${seconds(span)}`] : []),
          ...(ended.length === 1 && ended[0]!.callbackId === poison
            ? []
            : [`${ended.length} ended without completion`]),
        ],
        figures: [
          ['others', seconds(span)],
          ['calls', calls],
        ],
      },
    );
  },
};
