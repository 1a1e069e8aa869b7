import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/process.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const SLUICE = path.join(ROOT, 'bin/sluice.mjs');
/** So long an answer may take on a machine that is busy. */
const TERMINAL_MS = 15_000;

let harness: ApiHarness;
let laneId: string;
let key: string;
let cwd: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 60_000 });
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-shell-'));
  key = await harness.key();
  env = { ...process.env, SLUICE_API_URL: harness.url, SLUICE_API_KEY: key, XDG_STATE_HOME: cwd };
});
afterAll(async () => {
  rmSync(cwd, { recursive: true });
  await harness.close();
});

/** Runs it with these lines piped into it. */
async function shell(args: string[], lines: string[] = [], to: NodeJS.ProcessEnv = env) {
  const child = spawn(process.execPath, [SLUICE, 'shell', ...args], { cwd, env: to });
  const seen = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString()));
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...seen };
}

const pause = `await client.patch('/api/lanes/{id}', { params: { path: { id: 'ID' } }, body: { paused: true } })`;
const isPaused = async () => {
  const { out } = await shell(['--eval', `(await lanes()).map(({ paused }) => paused !== null)`]);
  return (JSON.parse(out) as boolean[])[0];
};

describe('sluice shell', () => {
  it('runs what is piped into it, and shows what it returns', async () => {
    const { code, out, err } = await shell(
      [],
      [
        'const some = await lanes({ portalId: 1 });',
        "const one = await client.get('/api/lanes/{id}', { params: { path: { id: some[0].id } } });",
        'return [some.length, one.id, one.rate.limit];',
      ],
    );
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual([1, laneId, 10]);
  });

  it('changes nothing without --write, and says so; with it, it does', async () => {
    expect(await shell([], [pause.replace('ID', laneId)])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('PATCH was not sent: this shell reads only. Begin it with --write'),
    });
    expect(await isPaused()).toBe(false);
    expect(await shell(['--write'], [pause.replace('ID', laneId)])).toMatchObject({ code: 0, err: '' });
    expect(await isPaused()).toBe(true);
  });

  it('runs code for scripts: what it comes to as JSON, and 1 where it fails', async () => {
    expect(await shell(['--eval', `(await lanes())[0].id`])).toEqual({
      code: 0,
      out: `${laneId}\n`,
      err: '',
    });
    expect(JSON.parse((await shell(['--eval', 'portals()'])).out)).toMatchObject([{ portalId: 1 }]);
    const get = `client.get('/api/lanes/{id}', { params: { path: { id: '99' } } })`;
    expect(await shell(['--eval', get])).toMatchObject({ code: 1, out: '', err: 'There is no such lane\n' });
    expect(await shell(['--eval', pause.replace('ID', laneId)])).toMatchObject({
      code: 1,
      err: expect.stringContaining('PATCH was not sent'),
    });
    expect(await shell(['--eval', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('nowhere'),
    });
    expect(await shell(['--eval', '({'])).toEqual({
      ...{ code: 2, out: '', err: expect.stringMatching(/^This is no JavaScript: [^\n]+\n$/) },
    });
  });

  it('says in a line why it does not begin', async () => {
    const none = await shell([], [], { ...env, SLUICE_API_URL: 'http://127.0.0.1:1' });
    expect(none).toEqual({ code: 1, out: '', err: expect.stringMatching(/^Cannot reach the API at .*\n$/) });
  });

  const onTerminal = spawnSync('script', ['--version']).error === undefined ? it : it.skip;
  onTerminal(
    'at a terminal says where it is, waits for what is promised, and keeps its lines for its person alone, none with a secret (needs script of util-linux)',
    async () => {
      const command = `'${process.execPath}' '${SLUICE}' shell`;
      const child = spawn('script', ['-qec', command, '/dev/null'], { cwd, env });
      let seen = '';
      child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      try {
        await until('the prompt', () => seen.includes('sluice> '), TERMINAL_MS);
        expect(seen).toContain(`${harness.url}, workspace `);
        expect(seen).toContain('It reads only');
        child.stdin.write('40 + 2\r');
        await until('the answer', () => seen.includes('42'), TERMINAL_MS);
        child.stdin.write(`'${key}'.length + 1000\r`);
        await until('the other answer', () => seen.includes(String(key.length + 1000)), TERMINAL_MS);
        child.stdin.write('portals()\r');
        await until('the portals', () => seen.includes('portalId'), TERMINAL_MS);
        child.stdin.write(`${pause.replace('ID', laneId)}\r`);
        await until('the refusal', () => seen.includes('PATCH was not sent'), TERMINAL_MS);
        child.stdin.write('.exit\r');
        await new Promise((resolve) => child.once('close', resolve));
      } finally {
        child.kill();
      }
      const file = path.join(cwd, 'sluice/shell_history');
      const kept = readFileSync(file, 'utf8');
      expect(kept).toContain('40 + 2');
      expect(kept).not.toContain('slc_');
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
      expect((statSync(path.dirname(file)).mode & 0o777).toString(8)).toBe('700');
    },
  );
});
