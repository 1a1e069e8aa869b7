import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './process.js';

/** What a clone does not have. */
const NOT_CLONED = ['.git', '.sluice', '.env', 'node_modules', 'dist', 'coverage'];

/**
 * This checkout as somebody has it who has just cloned it, with the packages linked. It lies in the project, so that
 * the packages are found; git and the checks do not look there.
 */
export function copyCheckout(name: string): { readonly dir: string; remove(): void } {
  const dir = path.join(ROOT, '.sluice', `${name}-${process.pid}`);
  mkdirSync(path.join(dir, '.sluice'), { recursive: true });
  for (const part of readdirSync(ROOT)) {
    if (NOT_CLONED.includes(part)) continue;
    cpSync(path.join(ROOT, part), path.join(dir, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'));
  // What is fetched once is not fetched again.
  const binaries = path.join(ROOT, '.sluice/bin');
  if (existsSync(binaries)) cpSync(binaries, path.join(dir, '.sluice/bin'), { recursive: true });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
