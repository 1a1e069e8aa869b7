import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { NODE_FLAGS } from '../../scripts/lib/nodeFlags.mjs';
import { until } from './until.js';

/** This version of the project. */
export const ROOT = path.resolve(import.meta.dirname, '../..');
const LIFELINE = path.join(import.meta.dirname, 'lifeline.mjs');
const READY_MS = 60_000; // two busy cores, and a worker bundles its workflows first

export interface ProcessPlan {
  readonly name: string;
  /** From the root of the project. What was built runs as it is, as in production; TypeScript by way of tsx. */
  readonly script: string;
  /** Where another version of the project is; this one, if absent. */
  readonly root?: string | undefined;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
}

/** A real process of the service, in a group of its own, its output in a file. The handle stays over restarts. */
export interface ProcessHandle {
  readonly name: string;
  readonly pid: number | undefined;
  readonly alive: boolean;
  readonly log: string;
  /** The URL in its readiness line; throws before the process is ready. */
  readonly url: string;
  /** Where its metrics are; as `url`. */
  readonly metricsUrl: string;
  /** Resolves with how the running process ends. */
  readonly exited: Promise<string>;
  /** With changes to its environment, of the version of the project in `root`: both stay for later starts. */
  start(env?: Readonly<Record<string, string>>, root?: string): void;
  waitReady(deadlineMs?: number): Promise<void>;
  /** Until it takes requests, whether it is ready or not. */
  waitListening(deadlineMs?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal (SIGKILL by default) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<string>;
  /** Sends SIGTERM, and SIGKILL at the deadline. Resolves with how the process ended. */
  stop(deadlineMs?: number): Promise<string>;
  /** Ends it if it runs, starts it again with changes to its environment, and waits until it is ready. */
  restart(options?: {
    signal?: NodeJS.Signals;
    env?: Readonly<Record<string, string>>;
    root?: string;
    until?: 'ready' | 'listening';
  }): Promise<void>;
  logs(): string;
}

const readiness = z.looseObject({
  ready: z.literal(true).optional(),
  /** It takes requests, and lacks something that readiness names. */
  listening: z.literal(true).optional(),
  url: z.string().optional(),
  metricsUrl: z.string().optional(),
});
type Readiness = z.infer<typeof readiness>;

export function createProcess(plan: ProcessPlan): ProcessHandle {
  let child: ChildProcess | undefined;
  let ended: string | undefined;
  let exited = Promise.resolve('was never started');
  let line: Readiness | undefined;
  let startedAt = 0;
  let env = plan.env;
  let cwd = plan.root ?? ROOT;

  function signal(name: NodeJS.Signals): void {
    if (child?.pid === undefined || ended !== undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has just ended
    }
  }

  function start(changes: Readonly<Record<string, string>> = {}, root = cwd): void {
    if (child && ended === undefined) throw new Error(`${plan.name} runs already`);
    env = { ...env, ...changes };
    cwd = root;
    ended = undefined;
    line = undefined;
    startedAt = existsSync(plan.log) ? statSync(plan.log).size : 0;
    const output = openSync(plan.log, 'a');
    const started = spawn(
      process.execPath,
      [
        ...NODE_FLAGS,
        ...['--import', LIFELINE, ...(plan.script.endsWith('.ts') ? ['--import', 'tsx'] : [])],
        ...[plan.script, ...(plan.args ?? [])],
      ],
      {
        cwd,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...env },
        stdio: ['pipe', output, output],
        detached: true,
      },
    );
    closeSync(output);
    child = started;
    started.stdin?.on('error', ignoreClosedPipe);
    exited = new Promise((resolve) => {
      const end = (how: string) => {
        if (child === started) ended ??= how;
        resolve(how);
      };
      started.once('error', (error) => end(`could not be started: ${error.message}`));
      started.once('exit', (code, name) => end(name ?? `code ${code}`));
    });
  }

  async function waitFor(what: 'ready' | 'listening', deadlineMs: number): Promise<void> {
    const end = await until(
      `${plan.name} is ${what}`,
      () => {
        line ??= readinessIn(readFileSync(plan.log).subarray(startedAt).toString('utf8'), what);
        return line ? 'there' : (ended ?? false);
      },
      deadlineMs,
    );
    if (end !== 'there')
      throw new Error(`${plan.name} ended before it was ${what} (${end}).\n${tail(plan.log)}`);
  }

  const handle: ProcessHandle = {
    name: plan.name,
    log: plan.log,
    get pid() {
      return ended === undefined ? child?.pid : undefined;
    },
    get alive() {
      return child !== undefined && ended === undefined;
    },
    get url() {
      if (line?.url === undefined) throw new Error(`${plan.name} has not said where it is`);
      return line.url;
    },
    get metricsUrl() {
      return line?.metricsUrl ?? handle.url;
    },
    get exited() {
      return exited;
    },
    start,
    signal,
    waitReady: (deadlineMs = READY_MS) => waitFor('ready', deadlineMs),
    waitListening: (deadlineMs = READY_MS) => waitFor('listening', deadlineMs),
    async kill(name = 'SIGKILL') {
      signal(name);
      return exited;
    },
    async stop(deadlineMs = 15_000) {
      if (!handle.alive) return exited;
      signal('SIGCONT'); // a stopped process gets no other signal
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), deadlineMs);
      const how = await exited;
      clearTimeout(timer);
      return how;
    },
    async restart(options = {}) {
      if (handle.alive) await handle.kill(options.signal ?? 'SIGTERM');
      start(options.env, options.root);
      await waitFor(options.until ?? 'ready', READY_MS);
    },
    logs: () => readFileSync(plan.log, 'utf8'),
  };
  return handle;
}

/** The readiness line of a process, among what else it prints. */
function readinessIn(output: string, what: 'ready' | 'listening'): Readiness | undefined {
  for (const text of output.split('\n').slice(0, -1)) {
    if (!/^\{"(ready|listening)"/.test(text)) continue;
    const found = readiness.safeParse(JSON.parse(text));
    // Who is ready listens.
    if (found.success && (found.data.ready || (what === 'listening' && found.data.listening)))
      return found.data;
  }
  return undefined;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}

/** The process has ended; `exited` says how. */
function ignoreClosedPipe(): void {}
