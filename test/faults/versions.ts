import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../../scripts/lib/child.mjs';
import { ROOT } from '../support/process.js';

export interface Version {
  /** Its commit, shortened. */
  readonly name: string;
  readonly root: string;
  remove(): void;
}

/** What a deployment replaces piece by piece: code that goes on with what older code began, on the same database. */
const PATHS = ['src/workflows', 'migrations/functions'];

/**
 * The version before the last change of the workflow code, or of the SQL functions, whichever is longer ago: both are
 * others there. Its packages are those of this version.
 */
export async function versionBefore(): Promise<Version> {
  const changes = await Promise.all(
    PATHS.map(async (one) => (await git('log', '-1', '--format=%ct %H', '--', one)).split(' ')),
  );
  const [, changed = ''] = changes.sort(([a], [b]) => Number(a) - Number(b))[0]!;
  const name = await git('rev-parse', '--short', `${changed}^`);
  const root = mkdtempSync(path.join(os.tmpdir(), `sluice-${name}-`));
  const archive = path.join(root, 'version.tar');
  await git('archive', '--output', archive, name);
  await runCommand('tar', ['-xf', archive, '-C', root], { what: `unpacking version ${name}` });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  return { name, root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await runCommand('git', args, {
    cwd: ROOT,
    what: `git ${args[0]} (a clone with its history)`,
  });
  return stdout.trim();
}
