import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Benchmark } from './lib/benchmark.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const SIDE = 'bench/lib/intakeProcess.ts';
const CALLS = 10_000;

/** Whether a change has made the way of a call slower: both checkouts are up, and take calls in turn. */
const against: Benchmark = {
  name: 'against',
  title:
    'intake of this checkout ÷ intake of another commit (--base; else the last one before this), in turn',
  runs: 15,

  async run({ runs, quick, base, say }) {
    const checkout = checkOut(base, say);
    const [ours, theirs] = await Promise.all([startSide(ROOT), startSide(checkout.folder)]);
    try {
      const count = quick ? 2000 : CALLS;
      for (const side of [ours, theirs]) await side.perSecond(count); // warm: compiled code and plans
      const ratios: number[] = [];
      for (let n = 0; n < runs; n += 1) {
        // Each goes first every other time.
        const order = n % 2 === 0 ? [ours, theirs] : [theirs, ours];
        const rates = new Map<Side, number>();
        for (const side of order) rates.set(side, await side.perSecond(count));
        const [own, other] = [rates.get(ours) ?? NaN, rates.get(theirs) ?? NaN];
        ratios.push(own / other);
        say(
          `${n + 1}. ${Math.round(own)}/s here, ${Math.round(other)}/s at ${base}: ${(own / other).toFixed(2)}×`,
        );
      }
      return [{ what: `acks/s here ÷ at ${base}`, values: ratios, atLeast: 0.95, unit: '×' }];
    } finally {
      await Promise.all([ours.stop(), theirs.stop()]);
      checkout.remove();
    }
  },
};

export default against;

type Side = Awaited<ReturnType<typeof startSide>>;

function checkOut(commit: string, say: (line: string) => void) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-base-'));
  const run = (command: string, args: readonly string[], cwd = folder) =>
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  run('git', ['worktree', 'add', '--detach', '--force', folder, commit], ROOT);
  say(`Building ${commit}`);
  run('npm', ['ci', '--no-audit', '--no-fund']);
  run('npm', ['run', 'build']);
  copyFileSync(path.join(ROOT, SIDE), path.join(folder, SIDE));
  return {
    folder,
    remove() {
      rmSync(folder, { recursive: true, force: true });
      run('git', ['worktree', 'prune'], ROOT);
    },
  };
}

async function startSide(folder: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', SIDE], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`The intake of ${folder} ended by itself`);
    return value;
  };
  for (let line = ''; line !== 'ready';) line = await nextLine();
  return {
    async perSecond(count: number): Promise<number> {
      child.stdin.write(`${count}\n`);
      return Number(await nextLine());
    },
    async stop(): Promise<void> {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
    },
  };
}
