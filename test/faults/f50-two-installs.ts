import { randomInt } from 'node:crypto';
import { installApp } from '../support/installApp.js';
import { completedOf, untilCompleted, verdictOf, type Fault } from './fault.js';
import { portalRow, tokenProblems, watchTokens } from './installed.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 200;
const AT_ONCE = 2;
const ROUNDS = 5;

export const twoInstalls: Fault = {
  id: 'F50',
  title: 'two people install the app in one portal at the same moment, again and again while it works',
  async run({ stack: createStack }) {
    const stack = await createStack();
    const writes = await watchTokens(stack);
    const portalId = randomInt(10_000_000, 99_999_999);
    await stack.sandbox.createPortal(portalId);
    const problems: string[] = [];
    // Throws when one of them is told anything but that it is installed.
    const both = () => Promise.all(Array.from({ length: AT_ONCE }, () => installApp(stack, portalId)));
    await both();
    const flow = await stack.addFlow(portalId, { steps: [{ rate: RATE }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 1, 30_000);
    for (let round = 1; round < ROUNDS; round += 1) await both();
    if ((await completedOf(stack, flow)) >= COUNT) problems.push('All had completed: nothing was tried');
    await untilCompleted(stack, flow, COUNT, 60_000);

    const { rows } = await stack.pool.query('SELECT 1 FROM portals WHERE portal_id = $1', [portalId]);
    const { version, epoch, state } = await portalRow(stack, portalId);
    const installs = AT_ONCE * ROUNDS;
    if (rows.length !== 1 || version !== installs || epoch !== installs || state !== 'active')
      problems.push(
        `After ${installs} installs: ${rows.length} rows, token ${version}, epoch ${epoch}, ${state}`,
      );
    problems.push(...(await writes.problems()), ...(await tokenProblems(stack, portalId)));
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      { problems, figures: [['installs', installs]] },
    );
  },
};
