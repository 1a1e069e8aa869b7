import { randomBytes } from 'node:crypto';
import type { ProcessHandle } from '../support/process.js';
import { until } from '../support/stack.js';
import { completedOf, seconds, stopwatch, untilCompleted, verdictOf, type Fault } from './fault.js';
import { installedLane, tokenProblems } from './installed.js';

const RATE = { limit: 20, intervalMs: 1000 };
const COUNT = 300;
const ENDS_WITHIN_MS = 60_000;

export const keyMissing: Fault = {
  id: 'F51',
  title: 'the key of all secrets is missing when the processes start, while executions wait',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const flow = await installedLane(stack, RATE);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await untilCompleted(stack, flow, 40, 30_000);

    const right = stack.env['ENCRYPTION_KEYS'] ?? '';
    const other = `other:${randomBytes(32).toString('base64')}`;
    const processes = [...stack.apis, ...stack.workers];
    for (const one of processes) await one.kill('SIGTERM');
    const done = await completedOf(stack, flow);
    const problems: string[] = [];
    for (const one of processes) {
      const words = await refusal(one, other);
      if (words !== undefined) say(`${one.name}: ${words}`);
      else problems.push(`${one.name} does not say that the key "test" is missing, and ends`);
    }
    if ((await completedOf(stack, flow)) !== done) problems.push('Something was sent without the key');
    await backAgain(processes, `${other},${right}`);
    const ms = await (await stopwatch(stack)).nextCallback(60_000);
    await untilCompleted(stack, flow, COUNT, 60_000);
    // It is still sealed by the old key.
    problems.push(...(await tokenProblems(stack, portalId)));
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      { problems, figures: [['recover_p99', seconds(ms)]] },
    );
  },
};

/** What the process said when it refused to start without the key; undefined when it did not refuse. */
async function refusal(one: ProcessHandle, keys: string): Promise<string | undefined> {
  const before = one.logs().length;
  one.start({ ENCRYPTION_KEYS: keys });
  await until(`${one.name} has ended or is ready`, () => !one.alive || isReady(one, before), ENDS_WITHIN_MS);
  if (one.alive) {
    await one.stop();
    return undefined;
  }
  const end = await one.exited;
  const said = /^Refusing to start: .*$/m.exec(one.logs().slice(before))?.[0];
  return end === 'code 1' && said?.includes('"test"') ? said : undefined;
}

function isReady(one: ProcessHandle, from: number): boolean {
  return one.logs().slice(from).includes('"ready":true');
}

async function backAgain(processes: readonly ProcessHandle[], keys: string): Promise<void> {
  for (const one of processes) one.start({ ENCRYPTION_KEYS: keys });
  await Promise.all(processes.map((one) => one.waitReady()));
}
