import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCommand, superviseChild } from '../../../scripts/lib/child.mjs';
import { until } from '../../../scripts/lib/until.mjs';

const READY = `process.stdout.write('up\\n'); setInterval(() => {}, 1000);`;

describe('a supervised process', () => {
  let folder: string;
  let log: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-child-'));
    log = path.join(folder, 'logs/child.log');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = (script: string, more: object = {}) =>
    superviseChild({ name: 'The child', command: process.execPath, args: ['-e', script], log, ...more });

  const isUp = () =>
    until(async () => (await readFile(log, 'utf8')).includes('up'), {
      deadlineMs: 10_000,
      late: () => new Error('the child did not come up'),
    });

  it('says why it ended by itself, with its last words', async () => {
    const crashes: string[] = [];
    const child = start(`console.error('no such table'); process.exit(3)`, {
      onCrash: (trouble: Error) => crashes.push(trouble.message),
    });
    await child.exited;
    expect(crashes).toEqual(['The child ended with code 3.\n    no such table']);
    expect(() => child.assertAlive()).toThrow('no such table');
  });

  it('is no crash when it was asked to stop', async () => {
    const crashes: string[] = [];
    const child = start(READY, { onCrash: (trouble: Error) => crashes.push(trouble.message) });
    await isUp();
    expect(await child.stop()).toBe(true);
    expect(child.alive).toBe(false);
    expect(crashes).toEqual([]);
  });

  it('is ended when it does not stop in time', async () => {
    const child = start(`process.on('SIGTERM', () => {}); ${READY}`);
    await isUp();
    expect(await child.stop({ deadlineMs: 50 })).toBe(false);
    expect(await child.exited).toBe('was ended by SIGKILL');
  });

  it('that cannot be started says so', async () => {
    const child = superviseChild({ name: 'The child', command: path.join(folder, 'nothing'), log });
    expect(await child.exited).toMatch(/could not be started: .*ENOENT/);
  });
});

describe('a command', () => {
  it('gives back what it printed', async () => {
    expect(await runCommand(process.execPath, ['-e', 'console.log(1 + 1)'])).toMatchObject({ stdout: '2\n' });
  });

  it('fails with its last words and with advice', async () => {
    const failing = runCommand(process.execPath, ['-e', `console.error('disk full'); process.exit(1)`], {
      what: 'The tool',
      advice: 'Make room.',
    });
    await expect(failing).rejects.toMatchObject({
      message: 'The tool failed (code 1).\n    disk full',
      advice: 'Make room.',
    });
  });
});
