import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './child.mjs';
import { inHome, ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';

/** Every package of it, with the hashes of its files. */
const REQUIREMENTS = path.join(ROOT, 'test/support/schemathesis.txt');
const PIP = [
  ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'],
  ...['--timeout', '10', '--require-hashes', '--no-deps', '--only-binary=:all:', '-r', REQUIREMENTS],
];

/**
 * Schemathesis, which asks an API what its description allows and what it does not: the command that SCHEMATHESIS
 * names, or what pip puts into a folder of this checkout. Where it cannot be had, the reason.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ command: string, args: string[], env: NodeJS.ProcessEnv } | { reason: string }>}
 */
export async function findSchemathesis(env = process.env) {
  if (env.SCHEMATHESIS) return { command: env.SCHEMATHESIS, args: [], env };
  try {
    const folder = await installed();
    return {
      command: 'python3',
      args: [path.join(folder, 'bin/st')],
      env: { ...env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
    };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const [first] = error.message.split('\n');
    return { reason: `no Schemathesis could be had (${first}); SCHEMATHESIS names its command` };
  }
}

/** Some of it is compiled for one version of Python. It is renamed into place: half of an installation never runs. */
async function installed() {
  const { stdout: python } = await runCommand('python3', ['--version']);
  const wanted = createHash('sha256').update(python).update(readFileSync(REQUIREMENTS)).digest('hex');
  const folder = inHome(`schemathesis-${wanted.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  try {
    await runCommand('python3', [...PIP, '--target', draft], { what: 'pip install schemathesis' });
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}
