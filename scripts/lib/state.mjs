import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FRESH = {
  adminPassword: () => randomBytes(18).toString('base64url'),
  databasePassword: () => randomBytes(18).toString('base64url'),
  workerPassword: () => randomBytes(18).toString('base64url'),
  encryptionKeys: () => `dev1:${randomBytes(32).toString('base64')}`,
  clientSecret: () => randomBytes(24).toString('hex'),
  apiKey: () => `slc_dev_${randomBytes(32).toString('base64url')}`,
};

/**
 * The secrets of this checkout, made once, readable by its owner alone. Other members of the file, such as the
 * address of the running API, stay.
 */
export function loadState(dir) {
  const file = path.join(dir, 'state.json');
  const found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const missing = Object.keys(FRESH).filter((name) => typeof found[name] !== 'string');
  const state = { ...found, ...Object.fromEntries(missing.map((name) => [name, FRESH[name]()])) };
  if (missing.length > 0) saveState(dir, state);
  return state;
}

/** Notes what runs here, for the command line. */
export function noteRun(dir, run) {
  saveState(dir, { ...loadState(dir), ...run, pid: process.pid });
}

/** Takes back where this run was to be had. Another run may have noted its own since. */
export function noteEnd(dir) {
  const state = loadState(dir);
  if (state.pid === process.pid) saveState(dir, { ...state, apiUrl: undefined, pid: undefined });
}

export function saveState(dir, state) {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, 'state.json');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
