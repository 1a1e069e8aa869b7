#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { HOME, ROOT } from './lib/paths.mjs';

readCommandLine({
  usage: `npm run smoke -- [--portal ID]

Sends one event through the running service to HubSpot and reads it back. What the environment does not set
is taken from what \`npm start\` noted of the service that runs here.

  --portal ID   the portal to send it to (without it: the last one that was connected)`,
  options: { portal: { type: 'string' } },
});

const file = path.join(HOME, 'state.json');
const noted = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).environment ?? {}) : {};
const child = spawn(
  process.execPath,
  ['--import', 'tsx', path.join(ROOT, 'src/cli/smoke.ts'), ...process.argv.slice(2)],
  { cwd: ROOT, env: { ...noted, ...process.env }, stdio: 'inherit' },
);
child.on('exit', (code) => process.exit(code ?? 1));
