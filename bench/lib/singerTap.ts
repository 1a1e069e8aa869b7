import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const FOLDER = path.resolve(import.meta.dirname, '../peers/singer');
const REQUIREMENTS = path.join(FOLDER, 'requirements.txt');
const VENV = path.resolve(import.meta.dirname, '../node_modules/.singer');
const INSTALLED = path.join(VENV, 'requirements.txt');
const STREAMS = ['contacts', 'companies', 'company_contact_associations'];

/** A way to run Meltano's tap against a sandbox. */
export interface SingerTap {
  /** One run, from where the state of the one before says. Its rows go to stdout. */
  start(state: unknown): ChildProcess;
  remove(): void;
}

/** Installs Meltano's tap in an environment of its own, once. False, and why, where that cannot be. */
export async function installSingerTap(say: (line: string) => void): Promise<boolean> {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wanted) return true;
  say('Installing the Singer tap (bench/peers/singer/requirements.txt) …');
  try {
    rmSync(VENV, { recursive: true, force: true });
    await promisify(execFile)('python3', ['-m', 'venv', VENV]);
    await promisify(execFile)(path.join(VENV, 'bin/pip'), [
      ...[
        'install',
        '--quiet',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--require-hashes',
        '-r',
        REQUIREMENTS,
      ],
    ]);
  } catch (error) {
    say(`The Singer tap is left out: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  writeFileSync(INSTALLED, wanted);
  return true;
}

/** Its catalogue is asked for once, as its users do, and narrowed to what is compared. */
export async function openSingerTap(sandboxUrl: string, accessToken: string): Promise<SingerTap> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-singer-'));
  const file = (name: string, content: unknown) => {
    writeFileSync(path.join(dir, name), JSON.stringify(content));
    return path.join(dir, name);
  };
  const command = path.join(VENV, 'bin/tap-hubspot');
  const env = { ...process.env, PYTHONPATH: FOLDER, SANDBOX_URL: sandboxUrl };
  const config = file('config.json', {
    access_token: accessToken,
    associations: { company: ['contact'] },
  });
  const { stdout } = await promisify(execFile)(command, ['--config', config, '--discover'], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  const catalog = file('catalog.json', selected(JSON.parse(stdout) as Catalog));
  return {
    start(state) {
      const from = state === undefined ? [] : ['--state', file('state.json', state)];
      return spawn(command, ['--config', config, '--catalog', catalog, ...from], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

interface Catalog {
  readonly streams: {
    readonly tap_stream_id: string;
    readonly metadata: { readonly breadcrumb: readonly string[]; metadata: Record<string, unknown> }[];
  }[];
}

function selected(catalog: Catalog): Catalog {
  for (const { tap_stream_id: name, metadata } of catalog.streams)
    for (const entry of metadata)
      if (entry.breadcrumb.length === 0) entry.metadata['selected'] = STREAMS.includes(name);
  return catalog;
}
