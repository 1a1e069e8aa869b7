import path from 'node:path';
import { Agent, request } from 'undici';
import { signV2 } from '../sandbox/throttle/signatures.js';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openLoop } from './lib/openLoop.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';

const CONFIG = path.join(import.meta.dirname, '../test/support/ownDefinitions/inline.config.mjs');
const PER_SECOND = 100;
const CONNECTIONS = 64;

/** What HubSpot, its agents and people in the workflow editor wait for. */
const inline: Benchmark = {
  name: 'inline',
  title: `calls that are answered by the outputs of their handler, kept before and after it, at ${PER_SECOND} a second; options of a drop-down of the last minute at the same rate`,
  runs: 5,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({ workers: 0, intakes: 1, env: { SLUICE_CONFIG: CONFIG } });
    const dispatcher = new Agent({ connections: CONNECTIONS, pipelining: 1 });
    try {
      const portalId = await stack.connectPortal();
      const post = createPost(stack, dispatcher);
      let calls = 0;
      const call = () =>
        post('', {
          callbackId: `ap-${portalId}-${(calls += 1)}-1-0`,
          origin: { portalId, actionDefinitionId: 33_540_407 },
          context: { source: 'WORKFLOWS', workflowId: 7002 },
          object: { objectId: calls, objectType: 'CONTACT' },
          inputFields: { name: 'Ada' },
        });
      const options = () =>
        post('/options/language', { origin: { portalId }, inputFields: {}, fetchOptions: { q: '' } });
      const p99 = async (ask: () => Promise<void>, seconds: number) =>
        percentile(await openLoop(ask, { count: PER_SECOND * seconds, perSecond: PER_SECOND }), 0.99);

      const seconds = quick ? 2 : 10;
      for (const ask of [call, options]) await p99(ask, 3); // warm: compiled code and plans
      const calledMs: number[] = [];
      const askedMs: number[] = [];
      for (let n = 0; n < runs; n += 1) {
        calledMs.push(await p99(call, seconds));
        askedMs.push(await p99(options, seconds));
        const said = [calledMs, askedMs].map((all) => figure(all.at(-1)!, ' ms'));
        say(`${n + 1}. p99 of calls ${said[0]}, of options ${said[1]}`);
      }
      await assertKept(stack, calls);
      return [
        { what: `answers of a handler, p99 at ${PER_SECOND}/s`, values: calledMs, atMost: 50, unit: ' ms' },
        { what: `options that are kept, p99 at ${PER_SECOND}/s`, values: askedMs, atMost: 20, unit: ' ms' },
      ];
    } finally {
      await dispatcher.close();
      await stack.stop();
    }
  },
};

export default inline;

/** Posts to the action, or below it, as HubSpot does, and insists that it is answered. */
function createPost({ actionUrl, secrets }: Stack, dispatcher: Agent) {
  return async (below: string, what: object): Promise<void> => {
    const url = `${actionUrl()}s/greet${below}`;
    const body = JSON.stringify(what);
    const headers = {
      'content-type': 'application/json',
      'x-hubspot-signature': signV2(secrets.clientSecret, 'POST', url, body),
      'x-hubspot-signature-version': 'v2',
    };
    const answer = await request(url, { method: 'POST', dispatcher, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || text.includes('FAIL_CONTINUE'))
      throw new Error(`${url} was answered ${answer.statusCode}: ${text}`);
  };
}

async function assertKept({ pool }: Stack, calls: number): Promise<void> {
  const { rows } = await pool.query<{ count: string }>(
    "SELECT count(*) FROM action_runs WHERE state = 'completed' AND attempts = 1",
  );
  if (Number(rows[0]?.count) !== calls)
    throw new Error(`${calls} calls were answered, ${rows[0]?.count} runs are kept`);
}
