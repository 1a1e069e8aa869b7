import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Trouble } from './trouble.mjs';

const POSIX = process.platform !== 'win32';
const LOG_LIMIT_BYTES = 20_000_000;
const running = new Set();

// The last resort: however this process ends, its children do not stay behind.
process.on('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

/**
 * A long-running child process. It is in a group of its own, so that Ctrl-C reaches this process alone, which stops its
 * children in order. Its output goes to a log file, and an unexpected end is reported to `onCrash`.
 *
 * @param {{
 *   name: string, command: string, args?: string[], env?: Record<string, string | undefined>, cwd?: string,
 *   log: string,
 *   uid?: number, gid?: number, stopSignal?: NodeJS.Signals, wholeGroup?: boolean,
 *   onCrash?: (trouble: Trouble) => void,
 * }} options
 */
export function superviseChild(options) {
  const { name, command, args = [], log, stopSignal = 'SIGTERM', wholeGroup = true, onCrash } = options;
  const before = prepareLog(log);
  const output = openSync(log, 'a');
  const ids = options.uid === undefined ? {} : { uid: options.uid, gid: options.gid };
  const spawned = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', output, output],
    detached: POSIX,
    ...ids,
  });
  closeSync(output);

  let ended;
  let stopping = false;
  const exited = new Promise((resolve) => {
    const end = (how) => {
      if (ended) return;
      ended = how;
      running.delete(child);
      resolve(how);
      if (!stopping) onCrash?.(child.trouble());
    };
    spawned.once('error', (error) => end(`could not be started: ${error.message}`));
    spawned.once('exit', (code, signal) =>
      end(signal ? `was ended by ${signal}` : `ended with code ${code}`),
    );
  });

  const child = {
    name,
    pid: spawned.pid,
    log,
    exited,
    get alive() {
      return ended === undefined;
    },
    trouble() {
      const tail = tailOf(log, before);
      return new Trouble(`${name} ${ended ?? 'is running'}.${tail ? `\n${tail}` : ''}`, { log });
    },
    /** Throws when the process has ended: nothing needs to wait for its readiness any more. */
    assertAlive() {
      if (ended !== undefined) throw child.trouble();
    },
    signal(signal, group = POSIX) {
      if (spawned.pid === undefined || ended !== undefined) return;
      try {
        process.kill(group && POSIX ? -spawned.pid : spawned.pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error; // it has just ended by itself
      }
    },
    /** Asks the process to end, and kills it at the deadline. True when it ended in time. */
    async stop({ deadlineMs = 10_000 } = {}) {
      if (ended !== undefined) return true;
      stopping = true;
      child.signal(stopSignal, wholeGroup);
      const timer = new AbortController();
      const inTime = await Promise.race([
        exited.then(() => true),
        delay(deadlineMs, false, { signal: timer.signal }).catch(() => true),
      ]);
      timer.abort();
      if (!inTime) child.signal('SIGKILL');
      await exited;
      return inTime;
    },
    /** Kills the process, as a crash of the machine would; for fault tests. */
    async kill() {
      stopping = true;
      child.signal('SIGKILL');
      await exited;
    },
  };
  running.add(child);
  return child;
}

/**
 * Runs a command to its end and returns what it printed; throws a Trouble with its last lines when it fails.
 * @param {string} command @param {string[]} args
 * @param {{
 *   env?: NodeJS.ProcessEnv, cwd?: string, uid?: number, gid?: number, input?: string, what?: string, advice?: string,
 *   log?: string,
 * }} [options]
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
export function runCommand(command, args, { env, cwd, uid, gid, input, what = command, advice, log } = {}) {
  return new Promise((resolve, reject) => {
    const ids = uid === undefined ? {} : { uid, gid };
    const spawned = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...ids,
    });
    let stdout = '';
    let stderr = '';
    spawned.stdout.on('data', (chunk) => (stdout += chunk));
    spawned.stderr.on('data', (chunk) => (stderr += chunk));
    spawned.stdin.on('error', () => {}); // the command may end without reading; its exit code is what counts
    spawned.stdin.end(input ?? '');
    spawned.once('error', (error) =>
      reject(new Trouble(`${what} could not be started: ${error.message}`, { advice, log, cause: error })),
    );
    spawned.once('close', (code, signal) => {
      if (code === 0) return resolve({ stdout, stderr });
      const tail = lastLines(stderr.trim() || stdout.trim(), 12);
      reject(
        new Trouble(`${what} failed (${signal ?? `code ${code}`}).${tail ? `\n${tail}` : ''}`, {
          advice,
          log,
        }),
      );
    });
  });
}

/** Keeps the log of earlier runs up to a limit. Returns the offset at which this run begins in it. */
function prepareLog(log) {
  mkdirSync(path.dirname(log), { recursive: true });
  if (!existsSync(log)) return 0;
  const { size } = statSync(log);
  if (size < LOG_LIMIT_BYTES) return size;
  renameSync(log, `${log}.old`);
  return 0;
}

function tailOf(file, from) {
  return lastLines(readFileSync(file).subarray(from).toString('utf8').trim(), 12);
}

function lastLines(text, count) {
  return text
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n')
    .trimEnd();
}
