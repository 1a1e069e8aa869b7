import type { ProcessHandle } from '../support/stack.js';
import { oneLane, seconds, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 1200;
const RATE = { limit: 200, intervalMs: 1000 };
const ENDS_WITHIN_MS = 10_000;

export const terminatedUnderLoad: Fault = {
  id: 'F09',
  title: 'a worker, then the API are asked to end (SIGTERM) under load',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 2 });
    const flow = await oneLane(stack, RATE);
    const problems: string[] = [];
    const [api] = stack.apis;
    const [worker] = stack.workers;
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT, ratePerSecond: 150 });

    await untilCompleted(stack, flow, 150, 30_000);
    const workerMs = await terminate(worker!);
    await untilCompleted(stack, flow, 400, 30_000);
    const apiMs = await terminate(api!);
    await api!.restart();
    await worker!.restart();
    await untilCompleted(stack, flow, COUNT, 60_000);

    // A call that was committed and not answered comes again, as a repeat: to the API that has been started since.
    const repeats = /sluice_intake_calls_total\{[^}]*result="repeat"[^}]*\} (\d+)/.exec(
      await (await fetch(`${api!.metricsUrl}/metrics`)).text(),
    )?.[1];
    if (Number(repeats ?? 0) > 0)
      problems.push(`${repeats} calls were committed and cut off before their answer`);
    const { totals } = await stack.sandbox.report({ portalId: flow.portalId });
    if (totals.duplicateCallbacks > 0)
      problems.push(`${totals.duplicateCallbacks} completions were sent twice`);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems,
        figures: [
          ['cut_off', repeats ?? 0],
          ['worker_ended', seconds(workerMs)],
          ['api_ended', seconds(apiMs)],
        ],
      },
    );

    async function terminate(one: ProcessHandle): Promise<number> {
      const from = performance.now();
      const how = await one.stop(2 * ENDS_WITHIN_MS);
      const ms = performance.now() - from;
      say(`${one.name} ended with ${how} after ${seconds(ms)}`);
      if (how !== 'code 0') problems.push(`${one.name} ended with ${how}`);
      if (ms > ENDS_WITHIN_MS) problems.push(`${one.name} took ${seconds(ms)} to end`);
      return ms;
    }
  },
};
