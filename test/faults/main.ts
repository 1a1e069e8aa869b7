import { randomInt } from 'node:crypto';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { lineOf, runFault, type Fault } from './fault.js';
import { FAULTS } from './catalogue.js';

const USAGE = `npm run fault -- ID … [--seed N]
npm run fault -- --list
npm run faults

  --list     the ids, and what each fault is
  --all      all of them, as \`npm run faults\` does; fails when one fails
  --seed N   the same choices again`;
const { values, positionals } = readCommandLine({
  usage: USAGE,
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
});

const say = (words: string) => void process.stdout.write(`${words}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (values.list) {
  for (const { id, title, covers } of FAULTS)
    say(`${id}  ${title}${covers ? ` (${covers.join(', ')})` : ''}`);
} else {
  process.exitCode = await run(
    values.all ? FAULTS : chosen(positionals),
    Number(values.seed ?? randomInt(1, 1_000_000)),
  );
}

function chosen(ids: readonly string[]): readonly Fault[] {
  const faults = ids.map((id) => {
    const asked = id.toUpperCase();
    const fault = FAULTS.find((one) => one.id === asked) ?? FAULTS.find((one) => one.covers?.includes(asked));
    if (!fault) say(`There is no fault ${id}. There are: ${FAULTS.map((one) => one.id).join(' ')}`);
    return fault;
  });
  return [...new Set(faults.filter((fault) => fault !== undefined))];
}

async function run(faults: readonly Fault[], seed: number): Promise<number> {
  if (faults.length === 0) {
    say('Name a fault (npm run fault -- F07), or run all (npm run faults). --list shows them.');
    return 2;
  }
  say(`seed ${seed}`);
  await build();
  const from = performance.now();
  const lines: string[] = [];
  let failed = 0;
  for (const fault of faults) {
    say(`\n${fault.id}  ${fault.title}`);
    const outcome = await runFault(fault, seed, say);
    const line = lineOf(fault, outcome);
    say(line);
    if (outcome.kept) say(`      logs and data: ${outcome.kept}`);
    lines.push(line);
    if (outcome.problems.length > 0) failed += 1;
  }
  if (faults.length > 1) {
    say(`\n${lines.join('\n')}`);
    say(
      `${faults.length - failed} passed, ${failed} failed (seed ${seed}, ${((performance.now() - from) / 1000).toFixed(0)} s)`,
    );
  }
  return failed > 0 ? 1 : 0;
}
