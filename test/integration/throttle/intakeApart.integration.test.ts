import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newApiKey, storeApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { signV3 } from '../../../sandbox/throttle/signatures.js';
import { callAction } from '../../support/actionCall.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createProcess, type ProcessHandle } from '../../support/process.js';
import { freePort } from '../../support/stack.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const PORTAL = 7_200_001;
/** Connections of each of its pools. */
const POOL_SIZE = 3;
const SECRET = 'the-secret-of-the-app';
const CLOCK = pathToFileURL(path.resolve(import.meta.dirname, '../../support/skewedClock.mjs')).href;

let database: TestDatabase;
let dir: string;
let key: string;
let publicUrl: string;
let processes: ProcessHandle[];
beforeEach(async () => {
  database = await createTestDatabase();
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-apart-'));
  processes = [];
  await seedLane(database.admin, { portalId: PORTAL, limit: 100, intervalMs: 1000 });
  const made = newApiKey('test');
  const stored = { workspaceId: WORKSPACE, name: 'k', key: made, scopes: ['admin'], createdBy: 'test' };
  await storeApiKey(forWorkspace(database.pool, WORKSPACE), stored);
  key = made.reveal();
});
afterEach(async () => {
  for (const one of processes) await one.stop();
  rmSync(dir, { recursive: true });
  await database.drop();
});

async function start(
  name: 'api' | 'intake',
  env: Record<string, string> = {},
  until: 'waitReady' | 'waitListening' = 'waitReady',
): Promise<ProcessHandle> {
  const port = await freePort();
  publicUrl = `http://127.0.0.1:${port}`;
  const one = createProcess({
    name,
    script: name === 'api' ? 'src/api/main.ts' : 'src/api/intakeMain.ts',
    env: {
      ...{ NODE_ENV: 'test', PORT: '0', API_METRICS_PORT: '0', INTAKE_PORT: '0', INTAKE_METRICS_PORT: '0' },
      ...{ [name === 'api' ? 'PORT' : 'INTAKE_PORT']: String(port), PUBLIC_URL: publicUrl },
      ...{
        DATABASE_URL: database.url.reveal(),
        DATABASE_POOL_SIZE: String(POOL_SIZE),
        TEMPORAL_ADDRESS: '127.0.0.1:1',
      },
      ...{ HUBSPOT_APP_ID: '1', HUBSPOT_CLIENT_ID: 'client', HUBSPOT_CLIENT_SECRET: SECRET },
      ...{ ENCRYPTION_KEYS: `dev:${Buffer.alloc(32, 7).toString('base64')}`, LOG_LEVEL: 'warn' },
      ...env,
    },
    log: path.join(dir, `${name}.log`),
  });
  processes.push(one);
  one.start();
  await one[until]();
  return one;
}

let calls = 0;
const call = (headers: (body: string, url: string) => Record<string, string> = () => ({})) => {
  const url = `${publicUrl}/api/hubspot/action`;
  calls += 1;
  const callbackId = `ap-${PORTAL}-${calls}-1-0`;
  const body = JSON.stringify({
    callbackId,
    origin: { portalId: PORTAL, actionDefinitionId: 33_540_999, actionDefinitionVersion: 1 },
    context: { source: 'WORKFLOWS', workflowId: 4711, actionId: 1 },
    object: { objectId: 1, objectType: 'CONTACT' },
    inputFields: {},
  });
  return callAction({ url, secret: SECRET, portalId: PORTAL, callbackId, headers: headers(body, url) });
};

describe("HubSpot's calls", () => {
  it('are answered while lists hold every connection of the management API', async () => {
    const { url, metricsUrl } = await start('api');
    await call(); // makes the lane
    const blocker = await database.admin.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE outbox_mappings IN ACCESS EXCLUSIVE MODE');
      const headers = { authorization: `Bearer ${key}` };
      const lists = Array.from({ length: 10 }, () => fetch(`${url}/api/outbox/mappings`, { headers }));
      await until(
        'the lists hold every connection of the management API',
        async () => {
          const { rows } = await database.admin.query<{ waiting: number }>(
            `SELECT count(*)::int AS waiting FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%outbox_mappings%'`,
          );
          return rows[0]?.waiting === POOL_SIZE;
        },
        2000,
        20,
      );
      const from = performance.now();
      for (let n = 0; n < 20; n += 1) expect((await call()).status).toBe(200);
      expect(performance.now() - from).toBeLessThan(2500);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${metricsUrl}/metrics`)).status).toBe(200);
      const answers = await Promise.all(lists);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
  }, 60_000);

  it('are taken by a process of their own, which serves nothing else; the API without them has them come again', async () => {
    const api = await start('api', { API_INTAKE: 'off' });
    expect(await call()).toMatchObject({ status: 503, retryAfter: '30000' });
    const intake = await start('intake');
    expect((await call()).outputs).toMatchObject({ hs_execution_state: 'BLOCK' });
    for (const place of ['/api/lanes', '/metrics', '/'])
      expect((await fetch(intake.url + place, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
        404,
      );
    expect((await fetch(`${intake.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${intake.metricsUrl}/metrics`)).text()).toContain('sluice_intake_calls_total');
    expect(
      (await fetch(`${api.url}/api/lanes`, { headers: { authorization: `Bearer ${key}` } })).status,
    ).toBe(200);
  }, 60_000);
});

describe('an API', () => {
  it('takes calls while its clock is wrong, and is not ready', async () => {
    for (const seconds of [-65, 600]) {
      const skewed = { SKEWED_CLOCK_MS: String(seconds * 1000), NODE_OPTIONS: `--import ${CLOCK}` };
      const { url } = await start('api', skewed, 'waitListening');
      const signed = (ageMs: number) => (body: string, at: string) => {
        const timestamp = String(Date.now() - ageMs);
        return {
          'x-hubspot-signature-v3': signV3(SECRET, 'POST', at, body, timestamp),
          'x-hubspot-request-timestamp': timestamp,
        };
      };
      expect((await call(signed(0))).status).toBe(200);
      expect((await call(signed(240_000))).status).toBe(200);
      // Too old by any clock: HubSpot is to call again, and the record's step goes on.
      expect(await call(signed(400_000))).toMatchObject({ status: 503, retryAfter: '5000' });
      const ready = await fetch(`${url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain('clock of this machine');
    }
  }, 120_000);
});
