import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';

const run = promisify(execFile);
const BUNDLE = path.join(ROOT, 'dist/worker/workflows.bundle.js');

/** `npm run build`, quickly when little has changed since the last time. Rejects with a Trouble of what it said. */
export async function build() {
  rmSync(BUNDLE, { force: true }); // where a step fails, no bundle is left that does not fit
  try {
    const incremental = ['--incremental', '--tsBuildInfoFile', 'dist/quick.tsbuildinfo'];
    await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...incremental);
    await node('dist/cli/shell/writeCommands.js');
    await node('dist/worker/writeBundle.js');
  } catch (error) {
    throw new Trouble(
      `The build failed: ${[error.stdout, error.stderr].filter(Boolean).join('\n').trim() || error}`,
      {
        advice: 'npm run build does the same.',
      },
    );
  }
}

const node = (...args) => run(process.execPath, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
