import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from '../../scripts/lib/commandLine.mjs';
import { build } from '../../scripts/lib/build.mjs';
import { thirdOfCommit } from '../../scripts/lib/third.mjs';
import { lineOf } from '../faults/fault.js';
import { startStack } from '../support/stack.js';
import { choose, registrationProblems, runsOf } from './choose.js';
import { labelsIn, sources } from './labels.js';
import { CRASH_ROOMS } from './rooms.js';
import { runLabels, type Run } from './runLabels.js';

const USAGE = `npm run crashpoints [-- LABEL[:HIT] …] [options]

Kills a process at each crash point, starts it again, and looks whether anything was lost or doubled.

  npm run crashpoints                                     all of them
  npm run crashpoints -- throttle.release.settled         one, or several; throttle.release: those that begin with it
  npm run crashpoints -- throttle.release.settled:3       at its third passing

  --list        the crash points, and where they stand in the source
  --room ROOM   those of one room
  --third N     a third of them, and those of the rooms of which the last commit changed a file, as far as
                four minutes go; N is 1 to 3, or commits: the turn of this commit, as in CI
  --json FILE   writes how many passed and failed`;
const { values, positionals } = readCommandLine({
  usage: USAGE,
  allowPositionals: true,
  options: {
    list: { type: 'boolean', default: false },
    room: { type: 'string' },
    third: { type: 'string' },
    json: { type: 'string' },
  },
});

const ROOT = path.resolve(import.meta.dirname, '../..');
const say = (words: string) => void process.stdout.write(`${words}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? [error.message, error.cause].filter(Boolean).join('\n') : String(error));
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const labels = labelsIn(sources());
  const problems = registrationProblems(labels, CRASH_ROOMS);
  for (const problem of problems) say(problem);
  const third = values.third === undefined ? undefined : thirdOf(values.third);
  const wanted = {
    labels: positionals,
    ...(values.room !== undefined && { room: values.room }),
    ...(third !== undefined && { third, changed: changedFiles() }),
  };
  const { labels: chosen, left } = choose(labels, CRASH_ROOMS, wanted);
  if (left > 0) say(`${left} more of the rooms that changed are left to the next commits`);
  if (values.list) {
    for (const { label, files } of chosen) say(`${label}  ${files.join(' ')}`);
    return problems.length > 0 ? 1 : 0;
  }
  const failed = problems.length + (await run(runsOf(chosen, CRASH_ROOMS, positionals)));
  return failed > 0 ? 1 : 0;
}

/** Undefined: all of them, where there is no history that could be counted. */
function thirdOf(text: string): number | undefined {
  const third = text === 'commits' ? thirdOfCommit() : Number(text);
  if (third !== undefined && !Number.isInteger(third))
    throw new Error(`--third takes a number, or commits; not ${text}`);
  return third;
}

/** By the last commit, and since. A clone that has one commit alone does not say. */
function changedFiles(): string[] {
  try {
    const names = execFileSync('git', ['diff', '--name-only', 'HEAD~1'], { cwd: ROOT, stdio: 'pipe' });
    return names.toString().trim().split('\n');
  } catch {
    say('The commit before the last one is not here: what changed is not known.');
    return [];
  }
}

/** Returns how many failed. */
async function run(runs: readonly Run[]): Promise<number> {
  const from = performance.now();
  say(`${runs.length} crash points`);
  const env = Object.assign({}, ...CRASH_ROOMS.map((room) => room.env ?? {})) as Record<string, string>;
  await build(); // what was built starts in a fraction of the time, and is started again and again here
  // Nobody kills Postgres here: it need not sync.
  const stack = await startStack({ durable: false, env });
  let passed = 0;
  try {
    // Calls that could not be taken come again soon, as they would in days.
    await stack.sandbox.settings({ retryBaseMs: 500, retryMaxMs: 2000 });
    // All at once: what one room has left mends itself while the next one has its turn.
    const results = await runLabels(stack, runs, say);
    for (const result of results) say(lineOf({ id: result.label }, result));
    passed = results.filter(({ problems }) => problems.length === 0).length;
  } finally {
    const failed = runs.length - passed;
    await stack.stop({ keep: failed > 0 });
    if (failed > 0) say(`logs and data: ${stack.dir}`);
    if (env.TOKEN_JOURNAL_DIR) rmSync(env.TOKEN_JOURNAL_DIR, { recursive: true, force: true });
  }
  const failed = runs.length - passed;
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ passed, failed }));
  say(`${passed} passed, ${failed} failed (${((performance.now() - from) / 1000).toFixed(0)} s)`);
  return failed;
}
