#!/usr/bin/env node
/**
 * `npm run smoke`: one event through the running service, to HubSpot and back. What the environment does not name is taken from what
 * `npm start` noted of the service that runs here.
 *
 *   npm run smoke [-- --portal 41000002]
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { HOME, ROOT } from './lib/paths.mjs';

const file = path.join(HOME, 'state.json');
const noted = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).environment ?? {}) : {};
const child = spawn(
  process.execPath,
  ['--import', 'tsx', path.join(ROOT, 'src/cli/smoke.ts'), ...process.argv.slice(2)],
  { cwd: ROOT, env: { ...noted, ...process.env }, stdio: 'inherit' },
);
child.on('exit', (code) => process.exit(code ?? 1));
