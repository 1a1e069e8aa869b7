import { availableParallelism } from 'node:os';
import { readCommandLine } from '../scripts/lib/commandLine.mjs';
import { passes, summary, type Benchmark } from './lib/benchmark.js';
import { build } from '../scripts/lib/build.mjs';
import { quietMachine } from './lib/quiet.js';

const NAMES = [
  'intake',
  'inline',
  'release',
  'window',
  'budget',
  'waiting',
  'recovery',
  'refresh',
  'fairness',
  'noisy',
  'priority',
  'shares',
  'tax',
  'capture',
  'dequeue',
  'backlog',
  'delivery',
  'cli',
  'management',
  'webhooks',
  'freshness',
  'mirror',
  'idle',
  'journal',
  'backfill',
  'changes',
  'sidebyside',
  'keyset',
  'register',
  'actions',
  'registered',
  'upsert',
  'against',
  'scale',
] as const;
const QUIET_WITHIN_MS = 60_000;
const USAGE = `npm run bench -- NAME [--runs N] [--quick]
npm run bench -- --list

  --list     the names, and what each one measures
  --runs N   how often it is repeated (each benchmark has its own number, five or more where runs differ)
  --base C   the commit beside which against measures (the last one before this)
  --anyway   measures though others use the machine, and says so in its first lines
  --quick    smaller loads, for work on the benchmark itself: what comes out is no measurement`;

async function load(name: string): Promise<Benchmark> {
  const module = (await import(`./${name}.ts`)) as { default: Benchmark };
  return module.default;
}

async function main(): Promise<number> {
  const { values, positionals } = readCommandLine({
    usage: USAGE,
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      anyway: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      base: { type: 'string', default: 'HEAD~1' },
    },
  });
  if (values.list) {
    for (const name of NAMES) console.log(`${name.padEnd(10)} ${(await load(name)).title}`);
    return 0;
  }
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const [name] = positionals;
  const known = NAMES.some((one) => one === name);
  if (name === undefined || !known || positionals.length > 1 || (runs !== undefined && !(runs >= 1))) {
    console.error(USAGE);
    return 2;
  }
  const benchmark = await load(name);
  const { quick, anyway, base } = values;
  return measure(benchmark, {
    runs: runs ?? (quick ? 1 : benchmark.runs),
    quick,
    base,
    anyway: anyway || quick,
  });
}

async function measure(
  benchmark: Benchmark,
  { runs, quick, base, anyway }: { runs: number; quick: boolean; base: string; anyway: boolean },
): Promise<number> {
  const say = (line: string) => console.log(line);
  await build();
  const used = await quietMachine({ withinMs: anyway ? 0 : QUIET_WITHIN_MS, refuse: !anyway, say });
  const from = performance.now();
  const others = `others use ${used.toFixed(2)} of ${availableParallelism()} cores`;
  console.log(`${benchmark.name}: ${benchmark.title}`);
  console.log(`${runs} run${runs === 1 ? '' : 's'}, ${others}, Node ${process.version}\n`);
  const checks = await benchmark.run({ runs, quick, base, say });
  const failed = checks.filter((check) => !passes(check)).length;
  console.log(`\n${summary(checks)}\n`);
  if (quick) console.log('--quick: this is no measurement.');
  const seconds = ((performance.now() - from) / 1000).toFixed(0);
  console.log(
    `${benchmark.name} ${failed === 0 ? 'PASS' : `FAIL (${failed} of ${checks.length})`} in ${seconds} s`,
  );
  return failed === 0 ? 0 : 1;
}

// Whatever way it ends, `exit` is when the servers that were started are ended.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();
