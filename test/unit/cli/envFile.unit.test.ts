import { mkdtempSync, readFileSync, copyFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { writeEnvFile } from '../../../src/cli/envFile.js';
import { loadConfig } from '../../../src/platform/config/config.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-env-'));
  copyFileSync(path.join(ROOT, '.env.example'), path.join(folder, '.env.example'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('writes a .env that lacks nothing but what it says is to be filled in, with a key that no other has', () => {
  const said = writeEnvFile(folder)!.join('\n');
  const file = path.join(folder, '.env');
  const written = parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(() => loadConfig({ ...written })).toThrow(/HUBSPOT_APP_ID: is not set/);
  const open = Object.entries(written).filter(([, value]) => value === '');
  for (const [name] of open) if (name !== 'DATABASE_URL') expect(said).toContain(name);
  const filled = {
    DATABASE_URL: 'x',
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'c',
    HUBSPOT_CLIENT_SECRET: 's',
  };
  expect(loadConfig({ ...written, ...filled }).ENCRYPTION_KEYS.map(({ id }) => id)).toEqual(['k1']);

  rmSync(file);
  writeEnvFile(folder);
  expect(readFileSync(file, 'utf8')).not.toContain(written['ENCRYPTION_KEYS']);
});

it('leaves a .env that is there as it is', () => {
  writeEnvFile(folder);
  const before = readFileSync(path.join(folder, '.env'), 'utf8');
  expect(writeEnvFile(folder)).toBeUndefined();
  expect(readFileSync(path.join(folder, '.env'), 'utf8')).toBe(before);
});
