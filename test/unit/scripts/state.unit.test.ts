import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadState, noteEnd, noteRun, saveState } from '../../../scripts/lib/state.mjs';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-state-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const noted = () => JSON.parse(readFileSync(path.join(dir, 'state.json'), 'utf8')) as Record<string, unknown>;

describe('what `npm start` notes', () => {
  it('is taken back when it ends; secrets and what else it remembers stay', () => {
    const { encryptionKeys } = loadState(dir);
    noteRun(dir, { apiUrl: 'http://localhost:3000', runs: 3 });
    expect(noted()).toMatchObject({ apiUrl: 'http://localhost:3000', pid: process.pid });
    noteEnd(dir);
    expect(noted()).toMatchObject({ encryptionKeys, runs: 3 });
    expect(noted()).not.toHaveProperty('apiUrl');
    expect(noted()).not.toHaveProperty('pid');
  });

  it('stays where another run has noted its own since', () => {
    noteRun(dir, { apiUrl: 'http://localhost:3000' });
    saveState(dir, { ...loadState(dir), apiUrl: 'http://localhost:3100', pid: process.pid + 1 });
    noteEnd(dir);
    expect(noted()).toMatchObject({ apiUrl: 'http://localhost:3100', pid: process.pid + 1 });
  });
});
