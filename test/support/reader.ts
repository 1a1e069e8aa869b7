import { spawn, type ChildProcess } from 'node:child_process';
import { until } from './until.js';

/** What a command said, and how it ended. */
export interface Ran {
  readonly command: string;
  /** Undefined while it runs: it is one that stays. */
  readonly code: number | undefined;
  readonly out: string;
  /** Both streams, in the order in which they came. */
  readonly all: string;
}

/** What a process that stays prints when it is there. */
const IS_THERE = /^\{"ready":true|^Temporal Server:|It stays up/m;
const DEADLINE_MS = 90_000;

/**
 * Somebody who types what a document says, one command after the other, in one folder. `values` are the reader's own:
 * what the text shows, and what stands there for this reader. Each must have been of use.
 */
export function createReader(options: {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [shown: string, own: () => string])[];
}) {
  const exported: string[] = [];
  const used = new Set<string>();
  const staying = new Map<ChildProcess, string>();

  const inOwnWords = (text: string): string =>
    options.values.reduce((words, [shown, own]) => {
      if (!words.includes(shown)) return words;
      used.add(shown);
      return words.replaceAll(shown, own());
    }, text);

  /** Runs a command until it ends, or until it says that it is there and stays. */
  async function type(command: string): Promise<Ran> {
    const words = inOwnWords(command);
    if (/^export /.test(words)) exported.push(words);
    const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
    const child = spawn('bash', ['-c', [...exported, words].join('\n')], {
      cwd: options.dir,
      // Nothing of the tests' own environment.
      env: { PATH, HOME, ...(TMPDIR !== '' && { TMPDIR }), CI: 'true', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [out, all] = ['', ''];
    let code: number | undefined;
    child.stdout.on('data', (chunk) => ((out += String(chunk)), (all += String(chunk))));
    child.stderr.on('data', (chunk) => (all += String(chunk)));
    child.once('close', (status) => {
      code = status ?? -1;
      staying.delete(child);
    });
    staying.set(child, words);
    try {
      await until(
        `"${words}" ends, or is there`,
        () => code !== undefined || IS_THERE.test(all),
        DEADLINE_MS,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${all}`, { cause: error });
    }
    return {
      command: words,
      get code() {
        return code;
      },
      get out() {
        return out;
      },
      get all() {
        return all;
      },
    };
  }

  /** Ends what stays, the last one first; of this command alone where it is named. */
  async function end(command?: string): Promise<void> {
    for (const [child, words] of [...staying].reverse()) {
      if (command !== undefined && words !== command) continue;
      signal(child, 'SIGTERM');
      await until('it has ended', () => !staying.has(child), 20_000).catch(() => signal(child, 'SIGKILL'));
    }
  }

  return {
    type,
    inOwnWords,
    end,
    unused: () => options.values.map(([shown]) => shown).filter((one) => !used.has(one)),
  };
}

/** To all of a command: npm, its shell, and what they have started. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has just ended
  }
}
