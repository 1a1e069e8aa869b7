import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };
const STATUSES = [500, 502, 503, 504, 521, 522, 523, 524, 525, 526] as const;
/** An outage of so long, of which nothing but its end may be left in an undisturbed portal. */
const MAX_CALLS_PER_SECOND = 9;

export const serverErrors: Fault = {
  id: 'F31',
  title: 'HubSpot answers 500 to 526 in bursts, then to everything of one portal',
  async run({ stack: createStack, say, random }) {
    const stack = await createStack();
    const [hit, other] = [await oneLane(stack, RATE), await oneLane(stack, RATE)];
    const { portalId } = hit;
    const bursts = await Promise.all(
      STATUSES.map((status) =>
        stack.sandbox.fault({
          target: 'callbacks',
          portalId,
          kind: 'status',
          status,
          share: 0.05 + random() * 0.05,
        }),
      ),
    );
    for (const flow of [hit, other])
      await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, hit, 150, 120_000);

    const outage = await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'status', status: 503 });
    const before = await callsOf(portalId);
    const from = performance.now();
    await untilCompleted(stack, other, COUNT, 120_000);
    const outageSeconds = Math.max(1, (performance.now() - from) / 1000);
    const tried = (await callsOf(portalId)) - before;
    for (const { id } of [...bursts, outage]) await stack.sandbox.endFault(id);
    const ms = await (await stopwatch(stack)).nextCallback(330_000);
    await untilCompleted(stack, hit, COUNT, 120_000);
    say(`${tried} calls in an outage of ${seconds(outageSeconds * 1000)}`);
    return verdictOf(
      stack,
      // A 5xx may have been applied for all anybody knows; here none was.
      { windows: [hit, other].map((flow) => ({ flow, ...RATE })), ambiguous: 0 },
      {
        problems:
          tried > outageSeconds * MAX_CALLS_PER_SECOND
            ? [`${tried} calls in ${seconds(outageSeconds * 1000)} of outage are too many`]
            : [],
        figures: [['recover_p99', seconds(ms)]],
      },
    );

    async function callsOf(id: number): Promise<number> {
      const { portals } = await stack.sandbox.report({ portalId: id });
      return portals[0]?.calls ?? 0;
    }
  },
};
