import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../support/stack.js';
import { startNetwork, type Network } from '../support/network.js';
import { longestGap, seenByHubSpot, timelineOf } from './oracle.js';
import { completedOf, oneLane, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 100, intervalMs: 2000 };
const PER_SECOND = 15;
const AWAY_MS = 20_000;
/** One by one, so that it can be seen who overtakes whom. */
const LATECOMERS = 150;
const SLOW = { limit: 20, intervalMs: 2000 };

const WAYS: readonly { name: string; part: (network: Network) => Promise<void> | void }[] = [
  { name: 'connections are refused', part: (network) => network.refuse() },
  { name: 'what is sent is swallowed', part: (network) => network.blackHole() },
];

export const apiWithoutTemporal: Fault = {
  id: 'F23',
  title: 'the API does not reach Temporal, which the worker reaches: refused, then swallowed by the network',
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack();
    const [host, port] = stack.env.TEMPORAL_ADDRESS!.split(':');
    const network = await startNetwork(host!, Number(port));
    onEnd(() => network.stop());
    await stack.apis[0]!.restart({ env: { TEMPORAL_ADDRESS: `127.0.0.1:${network.port}` } });
    const flowing = await oneLane(stack, RATE);
    const problems: string[] = [];
    const late = [];
    let [expected, taken, goneOn] = [0, 0, 0];
    for (const { name, part } of WAYS) {
      const lane = await oneLane(stack, SLOW);
      late.push(lane);
      const count = Math.round((AWAY_MS / 1000) * PER_SECOND);
      await part(network);
      const before = await completedOf(stack, flowing);
      const acknowledgedBefore = await acknowledged();
      await stack.sandbox.enrol(flowing.portalId, flowing.workflowId, { count, ratePerSecond: PER_SECOND });
      await stack.sandbox.enrol(lane.portalId, lane.workflowId, {
        count: LATECOMERS,
        ratePerSecond: PER_SECOND,
      });
      await delay(AWAY_MS); // the length of the absence is the fault itself
      const [calls, done] = [
        (await acknowledged()) - acknowledgedBefore,
        (await completedOf(stack, flowing)) - before,
      ];
      say(
        `${name}: ${calls} calls were taken in ${seconds(AWAY_MS)}, ${done} of one lane completed meanwhile`,
      );
      if (calls < 0.8 * (count + LATECOMERS))
        problems.push(`${name}: only ${calls} of ${count + LATECOMERS} calls were taken`);
      if (done === 0) problems.push(`${name}: nothing went on, although the worker reaches Temporal`);
      expected += count;
      taken += calls;
      goneOn += done;
      await network.mend();
      await untilCompleted(stack, lane, LATECOMERS, 60_000);
      await untilCompleted(stack, flowing, expected, 60_000);
      const overtaken = await overtakenOf(stack, lane.portalId);
      if (overtaken > 0) problems.push(`${name}: ${overtaken} were overtaken by some of a later turn`);
    }
    return verdictOf(
      stack,
      {
        windows: [{ flow: flowing, ...RATE }, ...late.map((flow) => ({ flow, ...SLOW }))],
      },
      {
        problems,
        figures: [
          ['taken', taken],
          ['completed_meanwhile', goneOn],
          ['standstill', seconds(longestGap(await timelineOf(stack, flowing)))],
        ],
      },
    );

    async function acknowledged(): Promise<number> {
      return (await stack.sandbox.report()).totals.acknowledged;
    }
  },
};

/** How many were completed after one that came two turns (of `SLOW.limit`) later, by HubSpot's clock. */
async function overtakenOf(stack: Stack, portalId: number): Promise<number> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM execution_history WHERE portal_id = $1 ORDER BY id',
    [portalId],
  );
  const ids = rows.map(({ id }) => id);
  const seen = await seenByHubSpot(stack, ids);
  const times = ids.map((id) => seen.get(id)?.completedMs ?? null);
  return times.filter((at, n) => {
    const later = times[n + 2 * SLOW.limit];
    return at !== null && later !== null && later !== undefined && at > later;
  }).length;
}
