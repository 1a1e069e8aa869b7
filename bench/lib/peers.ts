import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const BENCH = path.resolve(import.meta.dirname, '..');
const INSTALLED = path.join(BENCH, 'node_modules', '.package-lock.json');

/** Installs the pinned peers beside the benchmarks, once. They are nothing that the service itself depends on. */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (existsSync(INSTALLED) && isCurrent()) return;
  say('Installing the peers (bench/package-lock.json) …');
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: BENCH });
}

/** Whether what lies there is what the lockfile names. */
function isCurrent(): boolean {
  const versions = (file: string) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
      packages: Record<string, { version?: string }>;
    };
    return new Map(Object.entries(packages).map(([name, { version }]) => [name, version]));
  };
  const installed = versions(INSTALLED);
  return [...versions(path.join(BENCH, 'package-lock.json'))].every(
    ([name, version]) => name === '' || installed.get(name) === version,
  );
}

export interface Peer {
  readonly process: ChildProcess;
  /** Sends a message and waits for the answer. */
  ask<T>(message: object): Promise<T>;
  stop(): void;
}

/** Starts a peer of bench/peers and waits for its first message. */
export async function startPeer<T>(
  name: string,
  env: Record<string, string> = {},
): Promise<{ peer: Peer; hello: T }> {
  const child = fork(path.join(BENCH, 'peers', `${name}.mjs`), {
    cwd: BENCH,
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
  });
  const next = async () => {
    const gone = new AbortController();
    try {
      const [message] = (await Promise.race([
        once(child, 'message', { signal: gone.signal }),
        once(child, 'exit', { signal: gone.signal }).then(([code]) => {
          throw new Error(`The peer ${name} ended by itself with code ${String(code)}`);
        }),
      ])) as unknown[];
      return message;
    } finally {
      gone.abort();
    }
  };
  const hello = (await next()) as T;
  return {
    hello,
    peer: {
      process: child,
      async ask<T>(message: object) {
        child.send(message);
        return (await next()) as T;
      },
      stop: () => void child.kill('SIGKILL'),
    },
  };
}
