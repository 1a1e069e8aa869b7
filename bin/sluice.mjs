#!/usr/bin/env node
/** `npx sluice …`: the command line of a running Sluice. Built code if it is there, the sources otherwise. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const built = path.resolve(import.meta.dirname, '../dist/cli/main.js');
if (existsSync(built)) {
  await import(built);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('../src/cli/main.ts');
}
