import { randomInt } from 'node:crypto';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { SOAK_FAULTS } from './faults.js';
import { soak } from './soak.js';

const DEFAULT_MINUTES = 5;
const USAGE = `npm run soak -- [--minutes N] [--seed S]

  --minutes N   how long, ${DEFAULT_MINUTES} unless it is said
  --seed S      the same choices again
  --list        the kinds of faults

Load on every room and a fault every 5 s, then quiet, then the judges. A line every 10 s; fails when anything was lost,
doubled, too fast, left over, or when memory grew.`;
const { values } = readCommandLine({
  usage: USAGE,
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

const say = (words: string) => void process.stdout.write(`${words}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (values.list) for (const { kind, title } of SOAK_FAULTS) say(`${kind.padEnd(20)}  ${title}`);
else
  process.exitCode = await run(
    Number(values.minutes ?? DEFAULT_MINUTES),
    Number(values.seed ?? randomInt(1, 1_000_000)),
  );

async function run(minutes: number, seed: number): Promise<number> {
  if (!(minutes >= 1) || !Number.isSafeInteger(seed)) {
    say('--minutes is 1 or more, --seed is a whole number. --help shows how it is used.');
    return 2;
  }
  say(`seed ${seed}, ${minutes} minutes`);
  await build();
  const { problems, figures, kept } = await soak(minutes, seed, say);
  if (kept !== undefined) say(`logs and data: ${kept}`);
  for (const problem of problems) say(`      ${problem}`);
  say(`soak ${problems.length === 0 ? 'PASS' : 'FAIL'} seed=${seed} ${figures}`);
  return problems.length === 0 ? 0 : 1;
}
