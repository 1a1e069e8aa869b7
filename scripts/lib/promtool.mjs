import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cachedBinary, findOnPath, storeBinary } from './binary.mjs';
import { runCommand } from './child.mjs';
import { Trouble } from './trouble.mjs';

/** Whichever version Debian has: what it is asked for is the same in all of them. */
const WANTED = { name: 'promtool', version: "Debian's" };

/** A machine without a network is not waited for. */
const PATIENCE = ['-o', 'Acquire::http::Timeout=10', '-o', 'Acquire::Retries=0'];

/**
 * Prometheus' checker of rules: the one that PROMTOOL names, the one on the PATH, the cached one, or that of Debian's
 * package `prometheus`, which apt fetches and proves and which is not installed. Where none can be had, the reason.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ file: string } | { reason: string }>}
 */
export async function findPromtool(env = process.env) {
  const here = env.PROMTOOL || findOnPath('promtool', env.PATH) || cachedBinary(WANTED);
  if (here) return { file: here };
  try {
    return { file: storeBinary(WANTED, await fromDebian()) };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const [first] = error.message.split('\n');
    return { reason: `no promtool could be had (${first}); PROMTOOL names its file` };
  }
}

async function fromDebian() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-promtool-'));
  try {
    const within = { cwd: folder };
    await runCommand('apt-get', [...PATIENCE, 'download', 'prometheus'], {
      ...within,
      what: 'apt-get download prometheus',
    });
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (!archive) throw new Trouble('apt-get has downloaded no package.');
    await runCommand('dpkg-deb', ['--extract', archive, 'package'], { ...within, what: 'unpacking it' });
    return { bytes: readFileSync(path.join(folder, 'package/usr/bin/promtool')), source: archive };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
