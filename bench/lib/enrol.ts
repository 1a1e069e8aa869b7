import type { Flow, Stack } from '../../test/support/stack.js';
import { until } from '../../test/support/stack.js';
import type { LaneReport } from '../../test/support/sandboxClient.js';
import { least, most } from './statistics.js';

/** Lets nothing wait for its lane's window. */
export const NO_THROTTLE = { limit: 1_000_000, intervalMs: 1000 };

/** As the sandbox saw it, by its clock. */
export interface Passage {
  readonly count: number;
  readonly firstAckMs: number;
  readonly lastAckMs: number;
  readonly firstCompletionMs: number;
  readonly lastCompletionMs: number;
}

/** Enrols `count` records in each of these workflows at once, and waits until all of them have been completed. */
export async function passThrough(
  stack: Stack,
  flows: readonly Flow[],
  plan: { count: number; ratePerSecond: number; concurrency: number },
  deadlineMs: number,
): Promise<Passage> {
  await Promise.all(flows.map((flow) => stack.sandbox.enrol(flow.portalId, flow.workflowId, plan)));
  const total = flows.length * plan.count;
  const lanes = await until(
    `${total} executions are completed at the sandbox`,
    async () => {
      const all = await lanesOf(stack, flows);
      return all.reduce((sum, lane) => sum + lane.completed, 0) >= total && all;
    },
    deadlineMs,
    200,
  );
  const doubled = lanes.reduce((sum, lane) => sum + lane.completedTwice, 0);
  if (doubled > 0) throw new Error(`${doubled} executions were completed twice`);
  return {
    count: total,
    firstAckMs: least(lanes.map((lane) => lane.firstAckMs ?? NaN)),
    lastAckMs: most(lanes.map((lane) => lane.lastAckMs ?? NaN)),
    firstCompletionMs: least(lanes.map((lane) => lane.firstCompletionMs ?? NaN)),
    lastCompletionMs: most(lanes.map((lane) => lane.lastCompletionMs ?? NaN)),
  };
}

/** From the first ack to the last completion. */
export function perSecond({ count, firstAckMs, lastCompletionMs }: Passage): number {
  return (count * 1000) / (lastCompletionMs - firstAckMs);
}

export async function lanesOf(stack: Stack, flows: readonly Flow[]): Promise<LaneReport[]> {
  const wanted = new Set(flows.map((flow) => flow.workflowId));
  const { lanes } = await stack.sandbox.report();
  return lanes.filter((lane) => lane.workflowId !== null && wanted.has(lane.workflowId));
}

/** Portals with one throttled workflow each. */
export async function addFlows(
  stack: Stack,
  portals: readonly number[],
  rate = NO_THROTTLE,
): Promise<Flow[]> {
  const flows: Flow[] = [];
  for (const portalId of portals) flows.push(await stack.addFlow(portalId, { steps: [{ rate }] }));
  return flows;
}

export async function connectPortals(stack: Stack, count: number): Promise<number[]> {
  const portals: number[] = [];
  for (let n = 0; n < count; n += 1) portals.push(await stack.connectPortal());
  return portals;
}
