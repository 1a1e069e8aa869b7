import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './child.mjs';
import { ROOT } from './paths.mjs';
import { Trouble } from './trouble.mjs';

const OLDEST_NODE = [20, 19];

/** Refuses a Node that is too old, before it fails in a way that nobody understands. */
export function assertNodeVersion(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Trouble(`This is Node ${version}; Sluice needs ${OLDEST_NODE.join('.')} or later.`, {
    advice: 'Install a newer Node, for example with your version manager: nvm install 24',
  });
}

/**
 * Whether node_modules holds what package-lock.json says. A stamp with the lock's hash answers at once. Without one,
 * npm's own record of what it installed is compared, so that an install by hand counts too.
 */
export function isInstalled(root = ROOT) {
  const stamp = stampFile(root);
  const wanted = lockHash(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  for (const [folder, entry] of Object.entries(locked)) {
    if (folder === '') continue;
    const found = installed[folder]?.version;
    // Optional packages are there or not, by platform; those that are there must be the right ones.
    if (found === undefined ? !entry.optional : found !== entry.version) return false;
  }
  writeFileSync(stamp, wanted);
  return true;
}

/** `npm ci`: exactly what the lock says, or an error. */
export async function install(root = ROOT) {
  const [command, ...prefix] = npmCommand();
  await runCommand(command, [...prefix, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    what: 'npm ci',
    advice: 'Run `npm ci` by hand to see all of what npm says; a package registry must be reachable.',
    // Tests and the demo need the development packages, even where the shell sets production.
    env: { ...process.env, NODE_ENV: 'development' },
  });
  writeFileSync(stampFile(root), lockHash(root));
}

/** The npm that runs this script, if one does: it fits this Node, which another one on the PATH may not. */
export function npmCommand() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return [process.execPath, running];
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm'];
}

const stampFile = (root) => path.join(root, 'node_modules/.sluice-lock');

function lockHash(root) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}
