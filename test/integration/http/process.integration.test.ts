import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createProcess, type ProcessHandle } from '../../support/process.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

let database: TestDatabase;
let dir: string;
let api: ProcessHandle | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-api-'));
});
afterEach(async () => {
  await api?.stop();
  api = undefined;
  rmSync(dir, { recursive: true });
  await database.drop();
});

function environment(): Record<string, string> {
  return {
    PORT: '0',
    API_METRICS_PORT: '0',
    INTAKE_PORT: '0',
    INTAKE_METRICS_PORT: '0',
    DATABASE_URL: database.url.reveal(),
    DATABASE_ADMIN_URL: database.adminUrl.reveal(),
    TEMPORAL_ADDRESS: '127.0.0.1:1', // away: the API starts all the same
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: 'canary-client-secret',
    ENCRYPTION_KEYS: `dev:${Buffer.alloc(32, 7).toString('base64')}`,
  };
}

async function startApi(): Promise<ProcessHandle> {
  api = createProcess({
    name: 'api',
    script: 'src/api/main.ts',
    env: environment(),
    log: path.join(dir, 'api.log'),
  });
  api.start();
  await api.waitReady();
  return api;
}

function runCommand(script: string, args: string[], env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stdout, stderr };
}

describe('the API as a process', () => {
  it('takes calls while Temporal is away, says so in /readyz, and prints no secret', async () => {
    const { url } = await startApi();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200); // a load balancer must not take it out: intake works
    expect(await ready.json()).toMatchObject({
      status: 'degraded',
      checks: {
        database: { ok: true },
        migrations: { ok: true },
        temporal: { ok: false, problem: expect.stringContaining('TEMPORAL_ADDRESS') },
      },
    });
    expect(await (await fetch(`${api!.metricsUrl}/metrics`)).text()).toContain('sluice_intake_calls_total');
    expect((await fetch(`${url}/metrics`)).status).toBe(404); // not where everybody may ask
    expect(api?.logs()).not.toContain('canary');
  });

  it('ends in order on SIGTERM, though a sender keeps its connection busy', async () => {
    const { url } = await startApi();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let answered = 0;
    let running = true;
    const send = (): void => {
      if (!running) return;
      request(`${url}/healthz`, { agent }, (response) => {
        response.resume().on('end', () => {
          answered += 1;
          send();
        });
      })
        .on('error', () => undefined)
        .end();
    };
    for (let n = 0; n < 4; n += 1) send();
    await fetch(`${url}/healthz`);

    const from = performance.now();
    api?.signal('SIGTERM');
    expect(await api?.exited).toBe('code 0');
    expect(performance.now() - from).toBeLessThan(8000);
    expect(answered).toBeGreaterThan(0);
    running = false;
    agent.destroy();
  });

  it('does not start on an environment that is not complete, and says everything that is missing', () => {
    const { status, stderr } = runCommand('src/api/main.ts', [], { PORT: 'x' });
    expect(status).toBe(1);
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'HUBSPOT_APP_ID',
      'HUBSPOT_CLIENT_ID',
      'HUBSPOT_CLIENT_SECRET',
      'ENCRYPTION_KEYS',
    ]) {
      expect(stderr).toContain(`  ${name}: `);
    }
    expect(stderr).not.toContain('    at ');
  });
});

describe('npm run setup', () => {
  it("makes workspace and key once, however often it runs, and connects the private app's portal", async () => {
    const apiKey = `slc_test_${'k'.repeat(43)}`;
    const env = {
      ...environment(),
      SLUICE_API_KEY: apiKey,
      HUBSPOT_PORTAL_ID: '62515',
      HUBSPOT_PRIVATE_APP_TOKEN: 'pat-canary',
    };
    const first = runCommand('src/cli/setup.ts', ['--json'], env);
    const again = runCommand('src/cli/setup.ts', ['--json'], env);
    expect([first.status, again.status]).toEqual([0, 0]);
    expect(again.stdout).toBe(first.stdout);
    expect(JSON.parse(first.stdout)).toEqual({
      workspaceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      apiKey,
    });

    const { rows } = await database.admin.query(
      `SELECT (SELECT count(*)::int FROM workspaces) AS workspaces, (SELECT count(*)::int FROM api_keys) AS keys,
              (SELECT access_token FROM portals WHERE portal_id = 62515) AS token`,
    );
    expect(rows).toEqual([{ workspaces: 1, keys: 1, token: null }]);
  });

  it('makes a new key when none is given, which opens the API', async () => {
    const { stdout } = runCommand('src/cli/setup.ts', ['--json'], environment());
    const { apiKey } = JSON.parse(stdout) as { apiKey: string };
    const { url } = await startApi();
    expect(
      (await fetch(`${url}/api/portals`, { headers: { authorization: `Bearer ${apiKey}` } })).status,
    ).toBe(200);
  });

  it('says in a line what is wrong with the database', () => {
    const away = runCommand('src/cli/migrate.ts', [], {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    });
    expect(away).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^Cannot reach the database .*\n$/),
    });
  });
});
