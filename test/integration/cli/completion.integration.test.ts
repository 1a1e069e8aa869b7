import { execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/process.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const run = promisify(execFile);
const SLUICE = path.join(ROOT, 'bin/sluice.mjs');
/** So long a TAB may take on a machine that is busy. */
const TERMINAL_MS = 10_000;
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let harness: ApiHarness;
let laneId: string;
let cwd: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 60_000 });
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-completion-'));
  env = { ...process.env, SLUICE_API_URL: harness.url, SLUICE_API_KEY: await harness.key() };
  // The first one after a change of the commands makes their table.
  await run(process.execPath, [SLUICE, 'complete', '--', ''], { cwd });
}, 60_000);
afterAll(async () => {
  rmSync(cwd, { recursive: true });
  await harness.close();
});

async function offered(words: string[], to: NodeJS.ProcessEnv = env): Promise<string[]> {
  const { stdout } = await run(process.execPath, [SLUICE, 'complete', '--', ...words], { cwd, env: to });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.at(-1)).toMatch(/^:\d+$/);
  return lines.slice(0, -1).map((line) => line.split('\t')[0]!);
}

/** What the API does not answer within half a second of the TAB is left out: on a busy machine, TAB once more. */
const ids = (ask: () => Promise<string[]>): Promise<string[]> =>
  until('ids', async () => nothingAsMissing(await ask()), TERMINAL_MS);
const nothingAsMissing = (words: string[]) => (words.length > 0 ? words : undefined);

const FUNCTION = `sluice() { "${process.execPath}" "${SLUICE}" "$@"; }
source <(sluice completion bash)
`;

/** What bash would put in the place of the last of these words, which are as bash splits them. */
async function inBash(...words: string[]): Promise<string[]> {
  const script = `${FUNCTION}COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', 'sluice', ...words], { cwd, env });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion', () => {
  it('offers nouns, verbs, options, closed values and ids, each where it belongs', async () => {
    expect(await offered(['lan'])).toEqual(['lanes']);
    expect(await offered(['lanes', 're'])).toEqual(['resume']);
    expect(await offered(['lanes', 'set', laneId, '--beyond'])).toEqual(['--beyond-block']);
    expect(await offered(['lanes', 'set', laneId, '--beyond-block', ''])).toEqual(['refuse', 'hold']);
    expect(await offered(['portals', 'settings', '7', '--events', ''])).toEqual(['on', 'off']);
    expect(await ids(() => offered(['lanes', 'show', '']))).toEqual([laneId]);
    expect(await ids(() => offered(['lanes', 'list', '--portal', '']))).toEqual(['1']);
    expect(await ids(() => offered(['outbox', 'types', 'nova']))).toContain('nova_earned');
  });

  it('goes on without ids where the API cannot be asked, refuses, or takes longer than half a second', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const began = performance.now();
      expect(await offered(['lanes', 'show', ''], { ...env, SLUICE_API_URL: url })).toEqual([]);
      expect(performance.now() - began).toBeLessThan(5000);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
    expect(await offered(['lanes', 'show', ''], { ...env, SLUICE_API_URL: 'http://127.0.0.1:1' })).toEqual(
      [],
    );
    expect(await offered(['lanes', 'show', ''], { ...env, SLUICE_API_KEY: 'slc_test_1' })).toEqual([]);
  });

  it('asks the API of the context that the command names, unless others may read its key', async () => {
    const { SLUICE_API_URL: url, SLUICE_API_KEY: key, ...bare } = env;
    const file = path.join(cwd, 'sluice/contexts.json');
    mkdirSync(path.dirname(file));
    const contexts = { here: { url, key }, away: { url: 'http://127.0.0.1:1', key } };
    writeFileSync(file, JSON.stringify({ current: 'away', contexts }), { mode: 0o600 });
    const own = { ...bare, XDG_CONFIG_HOME: cwd };
    expect(await offered(['lanes', 'show', ''], own)).toEqual([]);
    expect(await ids(() => offered(['lanes', 'show', '--context', 'here', ''], own))).toEqual([laneId]);
    expect(await ids(() => offered(['lanes', 'show', ''], { ...own, SLUICE_CONTEXT: 'here' }))).toEqual([
      laneId,
    ]);
    const state = path.join(cwd, '.sluice/state.json');
    mkdirSync(path.dirname(state));
    const ended = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(state, JSON.stringify({ apiUrl: 'http://127.0.0.1:1', pid: ended }));
    writeFileSync(file, JSON.stringify({ current: 'here', contexts }));
    expect(await ids(() => offered(['lanes', 'show', ''], own))).toEqual([laneId]);
    rmSync(path.dirname(state), { recursive: true });
    chmodSync(file, 0o644);
    expect(await offered(['lanes', 'show', ''], { ...own, SLUICE_CONTEXT: 'here' })).toEqual([]);
  });

  it('puts nothing into a command line but plain words, whatever somebody has called it', async () => {
    const items = [
      { name: '$(reboot)' },
      { name: 'a b' },
      { name: 'order.paid', description: 'one\n:9\ttwo' },
    ];
    const named = createServer((_request, response) => response.end(JSON.stringify({ items })));
    await new Promise<void>((resolve) => named.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(named.address() as AddressInfo).port}`;
    try {
      expect(await ids(() => offered(['outbox', 'types', ''], { ...env, SLUICE_API_URL: url }))).toEqual([
        'order.paid',
      ]);
    } finally {
      named.close();
    }
  });

  it('is there at once: it takes little longer than Node itself', async () => {
    const fastest = async (args: string[]) => {
      const took: number[] = [];
      for (let n = 0; n < 7; n += 1) {
        const began = performance.now();
        await run(process.execPath, args, { cwd, env });
        took.push(performance.now() - began);
      }
      return Math.min(...took);
    };
    const bare = await fastest(['-e', '0']);
    expect((await fastest([SLUICE, 'complete', '--', 'lanes', ''])) - bare).toBeLessThan(150);
  });

  it('works in bash, also with = and : in a word, and runs nothing that has been typed', async () => {
    expect(await inBash('lanes', 'set', laneId, '--beyond-block', 're')).toEqual(['refuse']);
    expect(await inBash('lanes', 'set', laneId, '--beyond-block', '=', 're')).toEqual(['refuse']);
    expect(await inBash('lanes', 'set', laneId, '--beyond-block', '=')).toEqual(['refuse', 'hold']);
    expect(await ids(() => inBash('lanes', 'show', ''))).toEqual([laneId]);
    const trap = path.join(cwd, 'typed');
    expect(await inBash('lanes', 'show', `$(touch ${trap})`)).toEqual([]);
    expect(spawnSync('test', ['-e', trap]).status).toBe(1);
  });

  const onTerminal = has('script') ? it : it.skip;
  onTerminal('answers a TAB on a terminal (needs script of util-linux)', async () => {
    const rc = path.join(cwd, 'bashrc');
    writeFileSync(
      rc,
      `PS1='ready> '\n${FUNCTION}sluice() {
  if [ "$1" = complete ]; then "${process.execPath}" "${SLUICE}" "$@"; else echo "ran: $*"; fi
}\n`,
    );
    const shell = spawn('script', ['-qec', `bash --noprofile --rcfile ${rc} -i`, '/dev/null'], { cwd, env });
    let seen = '';
    shell.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await until('the prompt', () => seen.includes('ready> '), TERMINAL_MS);
      shell.stdin.write('sluice lanes set 7 --beyond-bl\t');
      await until('the option', () => seen.includes('--beyond-block '), TERMINAL_MS);
      shell.stdin.write('re\t');
      await until('its value', () => seen.includes('--beyond-block refuse '), TERMINAL_MS);
      shell.stdin.write('\n');
      await until('the command', () => seen.includes('ran: lanes set 7 --beyond-block refuse'), TERMINAL_MS);
    } finally {
      shell.stdin.end('exit\n');
      shell.kill();
    }
  });

  const inFish = has('fish') ? it : it.skip;
  inFish('works in fish (needs fish)', async () => {
    const script = `function sluice; "${process.execPath}" "${SLUICE}" $argv; end
sluice completion fish | source; complete -C 'sluice lanes set 7 --beyond-block re'`;
    expect((await run('fish', ['-N', '-c', script], { cwd, env })).stdout).toMatch(/^refuse/m);
  });

  const inZsh = has('zsh') ? it : it.skip;
  inZsh('is a script that zsh can read (needs zsh)', async () => {
    const { stdout } = await run(process.execPath, [SLUICE, 'completion', 'zsh'], { cwd, env });
    writeFileSync(path.join(cwd, '_sluice'), stdout);
    await run(
      'zsh',
      ['-f', '-c', `autoload -U compinit; compinit -D; source ${cwd}/_sluice; which _sluice`],
      { cwd, env },
    );
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('has a script for %s that asks sluice', async (shell) => {
    const { stdout } = await run(process.execPath, [SLUICE, 'completion', shell], { cwd, env });
    expect(stdout).toMatch(/sluice complete '?--/);
  });
});
