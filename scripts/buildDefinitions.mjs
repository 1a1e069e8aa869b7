#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from './lib/commandLine.mjs';
import { inHome, ROOT } from './lib/paths.mjs';

readCommandLine({
  usage: `npm run definitions

Compiles sluice.config.ts, .mts, .js or .mjs, and what it imports, into .sluice/definitions, for an image:
after npm run build. Where there is none, nothing is compiled.`,
});

const CONFIG = 'tsconfig.definitions.json';
const OUT = inHome('definitions');
mkdirSync(OUT, { recursive: true });
const { include: names } = JSON.parse(readFileSync(path.join(ROOT, CONFIG), 'utf8'));
if (names.some((name) => existsSync(path.join(ROOT, name)))) {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', CONFIG, '--outDir', OUT];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
