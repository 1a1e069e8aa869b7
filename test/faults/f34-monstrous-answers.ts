import { oneLane, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';
import { residentMb } from './residentMb.js';

const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };
const MAX_RESIDENT_MB = 700;
const KINDS = ['garbage', 'huge', 'gzipBomb', 'drip', 'html', 'truncated'] as const;

export const monstrousAnswers: Fault = {
  id: 'F34',
  title: 'HubSpot answers 200 with garbage, HTML, half a JSON, 12 MB, a gzip bomb, or a byte a second',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const flow = await oneLane(stack, RATE);
    const { portalId, workflowId } = flow;
    let mostMb = 0;
    const watching = setInterval(() => {
      for (const { pid } of stack.workers) mostMb = Math.max(mostMb, residentMb(pid));
    }, 200);
    try {
      const faults = await Promise.all(
        KINDS.map((kind) =>
          stack.sandbox.fault({
            target: 'callbacks',
            portalId,
            kind,
            share: 0.2,
            count: kind === 'drip' ? 1 : 4,
          }),
        ),
      );
      await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
      await untilCompleted(stack, flow, 300, 240_000);
      const { items } = await stack.sandbox.faults();
      const hits = items.reduce((sum, one) => sum + one.hits, 0);
      for (const { id } of faults) await stack.sandbox.endFault(id);
      const ms = await (await stopwatch(stack)).nextCallback(330_000);
      await untilCompleted(stack, flow, COUNT, 60_000);
      say(items.map((one) => `${one.kind} ×${one.hits}`).join(', '));
      return await verdictOf(
        stack,
        // What had taken effect and could not be read is sent again.
        { windows: [{ flow, ...RATE }], ambiguous: hits * 100 },
        {
          problems: mostMb > MAX_RESIDENT_MB ? [`The worker took ${mostMb} MB`] : [],
          figures: [
            ['faults', hits],
            ['most_mb', mostMb],
            ['recover_p99', seconds(ms)],
          ],
        },
      );
    } finally {
      clearInterval(watching);
    }
  },
};
