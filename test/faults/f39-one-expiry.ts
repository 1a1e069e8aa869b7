import path from 'node:path';
import { createProcess } from '../support/process.js';
import { installedLane, portalRow, refreshesOf } from './installed.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';

const PROCESSES = 10;
const CALLERS = 5;
const RATE = { limit: 50, intervalMs: 1000 };

export const oneExpiry: Fault = {
  id: 'F39',
  title: '50 callers in 10 processes find one token at its end; the refresh takes 2 s',
  async run({ stack: createStack, onEnd }) {
    const stack = await createStack({ workers: 2 });
    const flow = await installedLane(stack, RATE);
    const { portalId } = flow;
    const processes = Array.from({ length: PROCESSES }, (_, n) =>
      createProcess({
        name: `caller-${n + 1}`,
        script: 'test/support/tokenProcess.ts',
        env: { ...stack.env, DATABASE_POOL_SIZE: '2' },
        log: path.join(stack.dir, 'logs', `caller-${n + 1}.log`),
      }),
    );
    onEnd(async () => void (await Promise.all(processes.map((one) => one.kill()))));
    for (const one of processes) one.start();
    await Promise.all(processes.map((one) => one.waitReady(120_000)));

    await stack.pool.query('UPDATE portals SET token_expires_at = now() WHERE portal_id = $1', [portalId]);
    await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'latency', latencyMs: 2000 });
    const got = await Promise.all(
      processes.map(async ({ url }) => {
        const answer = await fetch(`${url}/ask?portal=${portalId}&callers=${CALLERS}`);
        return (await answer.json()) as string[];
      }),
    );
    const { calls, overlapping } = await refreshesOf(stack, portalId);
    const { token_version: version } = await portalRow(stack, portalId);
    const wrong = got.flat().filter((one) => one !== `version ${version}`).length;
    await Promise.all(processes.map((one) => one.kill()));

    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 100 });
    await untilCompleted(stack, flow, 100, 60_000);
    const problems = [
      ...(calls === 1 ? [] : [`HubSpot was asked for ${calls} refreshes, ${overlapping} of them at once`]),
      ...(wrong === 0 ? [] : [`${wrong} of ${PROCESSES * CALLERS} callers did not get the new token`]),
    ];
    return verdictOf(stack, { windows: [{ flow, ...RATE }] }, { problems, figures: [['refreshes', calls]] });
  },
};
