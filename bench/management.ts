import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Agent, request } from 'undici';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator } from './lib/load.js';
import { openLoop } from './lib/openLoop.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';

const LANES = 100;
const PAGE = 50;
const PER_SECOND = 100;
const CONNECTIONS = 16;

/** What people and dashboards ask for all day: a page of lanes with what waits in each and how full its window is. */
const management: Benchmark = {
  name: 'management',
  title: `a list of ${PAGE} of ${LANES} lanes at ${PER_SECOND} a second, limits raised; and what the adapter of operations costs of it, against a route that calls the operation itself`,
  runs: 5,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({ workers: 0, env: { API_REQUESTS_PER_MINUTE: '1000000' } });
    const generator = startGenerator();
    const dispatcher = new Agent({ connections: CONNECTIONS, pipelining: 1 });
    try {
      await makeLanes(stack, generator);
      const seconds = quick ? 3 : 15;
      const list = `${stack.apis[0]!.url}/api/lanes?limit=${PAGE}`;
      const authorization = `Bearer ${stack.secrets.apiKey}`;
      const get = async (url: string): Promise<void> => {
        const { statusCode, body } = await request(url, { dispatcher, headers: { authorization } });
        const { items } = (await body.json()) as { items?: unknown[] };
        if (statusCode !== 200 || items?.length !== PAGE)
          throw new Error(`${url} was answered ${statusCode} with ${items?.length} lanes`);
      };
      const server = await startServer(stack);
      const p99s: number[] = [];
      const shares: number[] = [];
      await openLoop(() => get(list), { count: PER_SECOND * 2, perSecond: PER_SECOND }); // warm: compiled code and plans
      await server.share(get, 200);
      for (let n = 0; n < runs; n += 1) {
        const latencies = await openLoop(() => get(list), {
          count: PER_SECOND * seconds,
          perSecond: PER_SECOND,
        });
        p99s.push(percentile(latencies, 0.99));
        shares.push(await server.share(get, quick ? 200 : 1000));
        say(`${n + 1}. p99 ${figure(p99s.at(-1)!, ' ms')}, adapter ${figure(shares.at(-1)!, '×')}`);
      }
      server.stop();
      return [
        { what: `list of lanes, p99 at ${PER_SECOND}/s`, values: p99s, atMost: 30, unit: ' ms' },
        {
          what: 'processor time of the list by a bare route ÷ through the adapter',
          values: shares,
          atLeast: 0.95,
          unit: '×',
        },
      ];
    } finally {
      await dispatcher.close();
      generator.stop();
      await stack.stop();
    }
  },
};

export default management;

async function makeLanes(stack: Stack, generator: ReturnType<typeof startGenerator>): Promise<void> {
  const portalId = await stack.connectPortal();
  const steps = Array.from({ length: LANES }, (_, n) => ({
    ...{ portalId, workflowId: 713_617_349, actionId: n + 1, actionDefinitionId: 33_540_407 },
  }));
  await createCaller(stack, generator).call({ steps, count: LANES * 20 });
}

async function startServer(stack: Stack) {
  const { rows } = await stack.pool.query<{ id: string }>('SELECT workspace_id AS id FROM lanes LIMIT 1');
  const child = fork(
    path.join(import.meta.dirname, 'lib/managementProcess.ts'),
    [stack.databaseAdminUrl, rows[0]!.id],
    { execArgv: ['--import', 'tsx'] },
  );
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const usedMs = async (): Promise<number> => {
    child.send('usage');
    const [{ cpuMs }] = (await once(child, 'message')) as [{ cpuMs: number }];
    return cpuMs;
  };
  const cost = async (get: (url: string) => Promise<void>, route: string, count: number): Promise<number> => {
    const before = await usedMs();
    const left = Array.from(
      { length: count },
      () => `http://127.0.0.1:${port}${route}?limit=${PAGE}`,
    ).values();
    const next = async () => {
      for (const url of left) await get(url);
    };
    await Promise.all(Array.from({ length: 4 }, next));
    return (await usedMs()) - before;
  };
  return {
    /** In turn, a part at a time, so that what changes on the machine changes for both. */
    async share(get: (url: string) => Promise<void>, count: number): Promise<number> {
      let [bare, adapter] = [0, 0];
      for (let part = 0; part < 5; part += 1) {
        bare += await cost(get, '/bare', count / 5);
        adapter += await cost(get, '/api/lanes', count / 5);
      }
      return bare / adapter;
    },
    stop: () => child.kill(),
  };
}
