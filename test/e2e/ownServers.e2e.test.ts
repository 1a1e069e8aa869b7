import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startServices } from '../../scripts/lib/services.mjs';
import { copyCheckout } from '../support/checkoutCopy.js';
import { createProcess, type ProcessHandle } from '../support/process.js';
import { createSandboxClient, type SandboxClient } from '../support/sandboxClient.js';
import { freePort } from '../support/stack.js';
import { until } from '../support/until.js';

const APP = { id: '4711', clientId: 'own-client', clientSecret: 'own-client-secret-of-32-characters' };
const PORTAL = 41_000_009;

let copy: ReturnType<typeof copyCheckout>;
let folder: string;
let sandboxProcess: ProcessHandle;
let sandbox: SandboxClient;
let running: ChildProcess | undefined;

beforeAll(async () => {
  copy = copyCheckout('own');
  folder = copy.dir;
  sandboxProcess = createProcess({
    ...{ name: 'sandbox', script: 'sandbox/main.ts', log: path.join(folder, 'sandbox.log') },
    env: {
      SANDBOX_PORT: String(await freePort()),
      ...{ SANDBOX_APP_ID: APP.id, SANDBOX_CLIENT_ID: APP.clientId, SANDBOX_CLIENT_SECRET: APP.clientSecret },
    },
  });
  sandboxProcess.start();
  await sandboxProcess.waitReady();
  sandbox = createSandboxClient(() => sandboxProcess.url);
});
afterAll(async () => {
  await stop();
  await sandboxProcess.stop();
  copy.remove();
});

/** Runs a script to its end. */
function run(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: clean(),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}

/** Nothing of the tests' own environment: a newcomer's machine. */
function clean(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, CI: 'true' };
}

/** Fills in what `.env` shows. */
function fillIn(settings: Readonly<Record<string, string>>): void {
  const file = path.join(folder, '.env');
  let text = readFileSync(file, 'utf8');
  for (const [name, value] of Object.entries(settings))
    text = text.replace(new RegExp(`^(# )?${name}=.*$`, 'm'), `${name}=${value}`);
  writeFileSync(file, text);
}

/** `npm start`, until it says that it stays up. Returns what it printed. */
async function start(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: folder,
    env: clean(),
    stdio: 'pipe',
  });
  running = child;
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`npm start ended with ${String(code)}:\n${said}`);
  });
  ended.catch(() => undefined); // it ends at last, when nobody waits any more
  await Promise.race([until('npm start is up', () => said.includes('It stays up'), 120_000), ended]);
  return said;
}

async function stop(): Promise<void> {
  if (running?.exitCode !== null) return;
  running.kill('SIGTERM');
  const [code] = (await once(running, 'exit')) as [number];
  if (code !== 0) throw new Error(`npm start ended with ${code}`);
}

interface State {
  readonly apiUrl: string;
  readonly apiKey: string;
}
async function call<T>(method: string, at: string, body?: unknown): Promise<T> {
  const { apiUrl, apiKey } = JSON.parse(
    readFileSync(path.join(folder, '.sluice/state.json'), 'utf8'),
  ) as State;
  const answer = await fetch(apiUrl + at, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const send = (driverId: string) =>
  call('POST', '/api/events', {
    type: 'driver_signed_up',
    payload: { driverId, email: `${driverId}@example.com` },
    portalId: PORTAL,
  });
const contacts = async () => (await sandbox.crm(PORTAL)).records.contacts ?? 0;
const arrive = (count: number) =>
  until(`${count} contacts are there`, async () => (await contacts()) >= count, 60_000);

it('with a .env is the product: it keeps its data over a stop, is restored from a backup, and moves to other servers, with nothing lost', async () => {
  expect(run('--import', 'tsx', 'src/cli/setup.ts')).toContain('Wrote .env');
  fillIn({
    ...{ HUBSPOT_APP_ID: APP.id, HUBSPOT_CLIENT_ID: APP.clientId, HUBSPOT_CLIENT_SECRET: APP.clientSecret },
    ...{ HUBSPOT_API_BASE_URL: sandboxProcess.url, HUBSPOT_ENABLED: 'true', HUBSPOT_SEND_LIVE: 'true' },
    ...{ PORT: String(await freePort()), METRICS_PORT: String(await freePort()) },
    API_METRICS_PORT: String(await freePort()),
  });
  const said = await start();
  expect(said).toContain('/api/hubspot/action');
  expect(said).toContain('No portal is connected yet');
  expect(said).not.toMatch(/sandbox/i);

  await sandbox.createPortal(PORTAL);
  const { accessToken } = await sandbox.install(PORTAL);
  await call('POST', '/api/portals', { portalId: PORTAL, accessToken });
  await send('first');
  await arrive(1);
  await stop();

  expect(await start()).not.toContain('No portal is connected yet');
  await send('second');
  await arrive(2);
  // Held at HubSpot's door, so that it waits in the backup.
  await sandbox.fault({ target: 'crm', kind: 'status', status: 503, count: 100_000 });
  await send('waiting');
  run('bin/sluice.mjs', 'backup', 'all.gz');
  await stop();

  rmSync(path.join(folder, '.sluice/own'), { recursive: true });
  await sandbox.endFaults();
  await start('--restore', 'all.gz');
  await arrive(3);
  run('bin/sluice.mjs', 'backup', 'move.gz');
  await stop();

  const servers = await startServices({ dir: path.join(folder, 'servers'), durable: false });
  try {
    const { DATABASE_URL = '', DATABASE_ADMIN_URL = '', TEMPORAL_ADDRESS = '' } = servers.env;
    fillIn({ DATABASE_URL, DATABASE_ADMIN_URL, TEMPORAL_ADDRESS });
    await start('--restore', 'move.gz');
    expect(await call('GET', '/api/portals')).toMatchObject({
      items: [{ portalId: PORTAL, state: 'active' }],
    });
    await send('moved');
    await arrive(4);
    await stop();
  } finally {
    await servers.stop();
  }
}, 480_000);
