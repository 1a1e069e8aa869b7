import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };

export const answersLost: Fault = {
  id: 'F33',
  title: 'answers are lost after HubSpot has applied the call, never come, or are cut off',
  async run({ stack: createStack }) {
    const stack = await createStack();
    const flow = await oneLane(stack, RATE);
    const { portalId, workflowId } = flow;
    const faults = [
      await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'answerLost', share: 0.3 }),
      await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'noAnswer', count: 1 }),
      await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'reset', share: 0.1 }),
      await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'truncated', share: 0.1 }),
      await stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'html', status: 502, share: 0.1 }),
    ];
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 200, 90_000);
    const { items } = await stack.sandbox.faults();
    const cutOff = items.find(({ kind }) => kind === 'truncated')?.hits ?? 0;
    for (const { id } of faults) await stack.sandbox.endFault(id);
    const ms = await (await stopwatch(stack)).nextCallback(60_000);
    await untilCompleted(stack, flow, COUNT, 60_000);
    const { totals } = await stack.sandbox.report({ portalId });
    return verdictOf(
      stack,
      // Every repeat must come from an answer that was lost, or that came and could not be read: the sandbox, which
      // calls only the former lost, counts the latter as doubles.
      { windows: [{ flow, ...RATE }], ambiguous: cutOff * RATE.limit },
      {
        figures: [
          ['faults', items.reduce((sum, { hits }) => sum + hits, 0)],
          ['ambiguous', totals.duplicateCallbacks],
          ['recover_p99', seconds(ms)],
        ],
      },
    );
  },
};
