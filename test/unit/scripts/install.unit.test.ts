import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertNodeVersion, isInstalled } from '../../../scripts/lib/install.mjs';

describe('whether packages are installed', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'sluice-install-'));
    await lock({
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    });
  });
  afterEach(() => rm(root, { recursive: true }));

  const lock = (packages: object) =>
    writeFile(path.join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));

  async function installed(packages: object) {
    await mkdir(path.join(root, 'node_modules'), { recursive: true });
    await writeFile(path.join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  }

  it('is no on a fresh clone', () => {
    expect(isInstalled(root)).toBe(false);
  });

  it('is yes after an install by hand, with or without the packages of other platforms', async () => {
    await installed({ 'node_modules/a': { version: '1.0.0' } });
    expect(isInstalled(root)).toBe(true);
  });

  it('is no when a package is missing or another version', async () => {
    await installed({ 'node_modules/b': { version: '2.0.0' } });
    expect(isInstalled(root)).toBe(false);
    await installed({ 'node_modules/a': { version: '0.9.0' } });
    expect(isInstalled(root)).toBe(false);
  });

  it('is no again when the lock has changed since', async () => {
    await installed({ 'node_modules/a': { version: '1.0.0' } });
    expect(isInstalled(root)).toBe(true);
    await lock({ 'node_modules/a': { version: '1.1.0' } });
    expect(isInstalled(root)).toBe(false);
  });
});

describe('the version of Node', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.21.0'])('takes %s', (version) => {
    expect(() => assertNodeVersion(version)).not.toThrow();
  });

  it.each(['18.20.0', '20.18.3'])('refuses %s and says what to do', (version) => {
    expect(() => assertNodeVersion(version)).toThrow(`This is Node ${version}; Sluice needs 20.19 or later.`);
  });
});

describe('the packages of the project', () => {
  it('are installed without their scripts: none of them runs code of its own on the machine', () => {
    expect(readFileSync(path.resolve(import.meta.dirname, '../../../.npmrc'), 'utf8')).toMatch(
      /^ignore-scripts=true$/m,
    );
  });
});
