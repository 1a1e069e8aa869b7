import path from 'node:path';
import { createProcess, type ProcessHandle } from '../support/process.js';
import { until, type Stack } from '../support/stack.js';
import { untilCompleted, verdictOf, type Fault } from './fault.js';
import { laneWithShortToken, portalRow, tokenCalls, tokenProblems, watchTokens } from './installed.js';

const PROCESSES = 50;
const AT_ONCE = 10;
const COUNT = 400;
const RATE = { limit: 50, intervalMs: 2000 };
const LIFETIME_SECONDS = 14;
/** With less than this left nobody begins with a token (tokens.ts): everybody needs the next one. */
const NEEDED_MS = 4900;
const REFRESH_TAKES_MS = 3000;

export const oneExpiry: Fault = {
  id: 'F39',
  title: `${PROCESSES} processes and two busy workers want a token at the moment in which it expires`,
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack({ workers: 2, env: { TOKEN_REFRESH_BEFORE_MS: '1000' } });
    const processes = tokenProcesses(stack);
    onEnd(async () => void (await Promise.all(processes.map((one) => one.stop()))));
    for (let from = 0; from < PROCESSES; from += AT_ONCE) {
      const wave = processes.slice(from, from + AT_ONCE);
      for (const one of wave) one.start();
      await Promise.all(wave.map((one) => one.waitReady()));
    }
    const writes = await watchTokens(stack);
    const flow = await laneWithShortToken(stack, RATE, LIFETIME_SECONDS);
    const { portalId, workflowId } = flow;
    await stack.sandbox.fault({ target: 'oauth', portalId, kind: 'latency', latencyMs: REFRESH_TAKES_MS });
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await until(
      'the token is about to expire',
      async () => (await portalRow(stack, portalId)).expiresInMs < NEEDED_MS,
      LIFETIME_SECONDS * 1000,
      20,
    );
    const answers = (await Promise.all(processes.map((one) => ask(one, portalId)))).flat();
    await untilCompleted(stack, flow, COUNT, 60_000);

    const { refreshes, overlapping, dead } = await tokenCalls(stack, portalId);
    const { version } = await portalRow(stack, portalId);
    const others = answers.filter((answer) => answer !== 'version 2');
    say(`${answers.length} processes got ${[...new Set(answers)].join(', ')}`);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems: [
          ...(refreshes === 1 && overlapping === 0
            ? []
            : [`${refreshes} refreshes, ${overlapping} at once: one was needed`]),
          ...(answers.length === PROCESSES && others.length === 0
            ? []
            : [`${others.length} of ${answers.length} did not get the new token: ${others[0]}`]),
          ...(dead === 0 ? [] : [`${dead} calls came with an expired token`]),
          ...(version === 2 ? [] : [`The token is of version ${version}`]),
          ...(await writes.problems()),
          ...(await tokenProblems(stack, portalId)),
        ],
        figures: [
          ['callers', answers.length],
          ['refreshes', refreshes],
          ['dead', dead],
        ],
      },
    );
  },
};

function tokenProcesses(stack: Stack): ProcessHandle[] {
  return Array.from({ length: PROCESSES }, (_, n) =>
    createProcess({
      name: `tokens-${n + 1}`,
      script: 'test/support/tokenProcess.ts',
      env: stack.env,
      log: path.join(stack.dir, 'logs', `tokens-${n + 1}.log`),
    }),
  );
}

async function ask({ url }: ProcessHandle, portalId: number): Promise<string[]> {
  const response = await fetch(`${url}/ask?portal=${portalId}&callers=1`);
  return (await response.json()) as string[];
}
