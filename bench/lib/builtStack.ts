import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { startStack, type Stack, type StackOptions } from '../../test/support/stack.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The stack as production runs it: what was built, with servers of its own that write through to the disk. */
export function startBuiltStack(options: Omit<StackOptions, 'own' | 'built'> = {}): Promise<Stack> {
  return startStack({ own: true, built: true, ...options });
}

/** `npm run build`, quickly when little has changed since the last time. */
export async function build(): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      ...['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
      ...['--incremental', '--tsBuildInfoFile', 'dist/bench.tsbuildinfo'],
    ],
    { cwd: ROOT },
  );
}
