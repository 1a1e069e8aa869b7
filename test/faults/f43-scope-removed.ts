import { setTimeout as delay } from 'node:timers/promises';
import { installApp } from '../support/installApp.js';
import { installedLane } from './installed.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 200;
const WATCHED_MS = 20_000;

export const scopeRemoved: Fault = {
  id: 'F43',
  title: 'the scope for completions is taken away for 20 s: 403 MISSING_SCOPES',
  async run({ stack: createStack }) {
    const stack = await createStack();
    const flow = await installedLane(stack, RATE);
    const { portalId } = flow;
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 40, 30_000);
    await stack.sandbox.grantOnly(portalId, ['oauth']);
    const { requests: before } = await stack.sandbox.health();
    await delay(WATCHED_MS);
    const { items } = await stack.sandbox.requests({ portalId, after: before - 1, limit: 10_000 });
    const refused = items.filter(({ status }) => status === 403).length;
    await stack.sandbox.grantOnly(portalId, ['oauth', 'automation']);
    await installApp(stack, portalId);
    await untilCompleted(stack, flow, COUNT, 120_000);
    const problems = [
      ...(refused > 0 ? [] : ['Nothing was refused: nothing was tried']),
      ...(refused <= 20 ? [] : [`${refused} calls in ${WATCHED_MS / 1000} s were made without the scope`]),
    ];
    return verdictOf(stack, { windows: [{ flow, ...RATE }] }, { problems, figures: [['refused', refused]] });
  },
};
