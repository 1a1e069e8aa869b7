#!/usr/bin/env node
/**
 * `npx sluice …`: the command line. From the sources where they are, from the built code in an image that has no
 * sources. What a shell asks at a TAB has code of its own, which is there at once.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sources = new URL('../src/cli/main.ts', import.meta.url);
if (process.argv[2] === 'complete' && process.argv[3] === '--') {
  const { complete } = await import('./complete.mjs');
  await complete(process.argv.slice(4));
} else if (existsSync(sources)) {
  const { register } = await import('tsx/esm/api');
  register({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
  await import(sources.href);
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href);
}
