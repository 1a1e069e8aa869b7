#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { npmCommand } from './lib/install.mjs';
import { ROOT } from './lib/paths.mjs';

const { values: flags } = readCommandLine({
  usage: `npm run package -- [--json]

Compiles everything, the sandbox too, and packs it: sluice-<version>.tgz, which makes projects of one's own.

  --json   print what npm pack has packed, as JSON`,
  options: { json: { type: 'boolean', default: false } },
});

const inRoot = (...parts) => path.join(ROOT, ...parts);
const [npm, ...prefix] = npmCommand();

/** What is said on the way is no JSON. */
function run(command, args, output = 2) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', output, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

run(npm, [...prefix, 'run', 'build']);
run(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.sandbox.json']);
cpSync(inRoot('sandbox/page'), inRoot('dist/sandbox/page'), { recursive: true });
run(npm, [...prefix, 'pack', ...(flags.json ? ['--json'] : [])], 1);
