import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark } from './lib/benchmark.js';

const MAIN = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const LANES = 100;
/** A process that starts cold reads its files from the disk: that is the machine's, and measured by nobody twice. */
const WARM_UP = 2;

/** The process whole: Node, our code, the request, the table, its end. The API's own time is left out. */
const cli: Benchmark = {
  name: 'cli',
  title: 'sluice lanes list, built, the whole process, before an API that answers 100 lanes at once',
  runs: 15,

  async run({ runs, say }) {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(PAGE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = {
      ...process.env,
      SLUICE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      SLUICE_API_KEY: `slc_test_${'x'.repeat(43)}`,
    };
    const seconds = async (args: readonly string[]): Promise<number> => {
      const from = performance.now();
      const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
      const took = (performance.now() - from) / 1000;
      if (args.length === 2 && stdout.split('\n').length !== LANES + 2)
        throw new Error(`It printed something else: ${stdout.slice(0, 200)}`);
      return took;
    };
    const lists: number[] = [];
    const helps: number[] = [];
    try {
      for (let n = 0; n < WARM_UP; n += 1) await seconds(['lanes', 'list']);
      for (let n = 0; n < runs; n += 1) {
        lists.push(await seconds(['lanes', 'list']));
        helps.push(await seconds(['--help']));
      }
    } finally {
      server.close();
    }
    say(lists.map((one) => one.toFixed(2)).join(' '));
    return [
      { what: 'sluice lanes list', values: lists, atMost: 0.6, unit: ' s' },
      { what: 'sluice --help, with nothing to ask', values: helps, unit: ' s' },
    ];
  },
};

export default cli;

const PAGE = JSON.stringify({
  items: Array.from({ length: LANES }, (_, n) => ({
    ...{ id: String(n + 1), portalId: 41000009, key: `step:1001/${n}`, actionId: '33540408' },
    ...{ queue: null, queueNote: null, workflowId: '1001', step: String(n), rateNote: null, spread: false },
    rate: { limit: 50, intervalMs: 5000, text: '50 per 5 seconds', source: 'input', override: null },
    portal: { state: 'active', reason: null },
    ...{ suspended: null, paused: null, maxPerWorkflow: null, beyondBlock: 'refuse' },
    ...{ waiting: 250, sending: 0, oldestWaitingMs: 4200 },
    window: { used: 50, free: 0, nextFreeInMs: 800 },
  })),
  next: null,
});
