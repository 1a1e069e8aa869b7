import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually, startHarness, type Harness } from './harness.js';

describe('the control API', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await startHarness();
  });
  afterEach(() => harness.close());

  it('says which field of a body is wrong and what is expected', async () => {
    const wrong = await harness.control('POST', '/portals', { portalId: 'one', nmae: 'x' });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toContain('body.portalId: ');
    expect(wrong.body.error).toContain('number');
    expect(wrong.body.error).toContain('nmae');
    const portal = await harness.portal();
    const path = `/portals/${portal.portalId}/workflows`;
    const step = await harness.control('POST', path, {
      steps: [{ actionDefinitionId: 1, inputFields: { a: 1 } }],
    });
    expect(step.body.problems).toEqual([
      { path: 'body.steps.0.inputFields.a', message: expect.stringContaining('string') },
    ]);
    const broken = await harness.ask('POST', '/_sandbox/portals', '{"portalId":');
    expect(broken.status).toBe(400);
  });

  it('says what there is when something does not exist', async () => {
    const none = await harness.control('POST', '/portals/5/install');
    expect(none).toMatchObject({ status: 404, body: { portals: [] } });
    const portal = await harness.portal();
    expect((await harness.control('POST', '/portals/5/install')).body.portals).toEqual([portal.portalId]);
    const workflow = await harness.control('POST', `/portals/${portal.portalId}/workflows/1/enrol`, {
      count: 1,
    });
    expect(workflow.body.workflows).toEqual([portal.workflowId]);
    const action = await harness.control('POST', `/portals/${portal.portalId}/workflows`, {
      steps: [{ actionDefinitionId: 1 }],
    });
    expect(action).toMatchObject({ status: 400, body: { actions: [expect.any(Number)] } });
    expect((await harness.control('GET', '/nothing')).body.routes).toContain('GET /_sandbox/report');
    expect((await harness.control('PUT', '/portals')).status).toBe(405);
    expect((await harness.control('GET', '/enrolments?batchId=x')).status).toBe(404);
  });

  it('keeps ids that it is given, and otherwise assigns large ones', async () => {
    await harness.control('POST', '/portals', { portalId: 1 });
    const actionUrl = harness.actionUrl;
    const given = await harness.control('POST', '/portals/1/actions', { actionUrl, actionDefinitionId: 4 });
    expect(given).toMatchObject({ status: 201, body: { actionDefinitionId: 4 } });
    const plan = {
      workflowId: 5,
      steps: [{ actionDefinitionId: 4, actionId: 6 }, { actionDefinitionId: 4 }],
    };
    const made = await harness.control('POST', '/portals/1/workflows', plan);
    expect(made.body).toMatchObject({
      workflowId: 5,
      steps: [
        { actionId: 6, actionDefinitionId: 4 },
        { actionId: expect.any(Number), actionDefinitionId: 4 },
      ],
    });
    expect((await harness.control('POST', '/portals/1/workflows', plan)).status).toBe(409);
  });

  it('shows and changes the settings, and refuses unknown ones', async () => {
    const defaults = (await harness.control('GET', '/settings')).body;
    expect(defaults).toMatchObject({
      unknownCallbacks: 'accept',
      malformedCallbacks: 'accept',
      blockExpiryMs: 604_800_000,
      tenSecondlyLimit: 110,
      actionTimeoutMs: 20_000,
      raceWindowMs: 0,
    });
    expect((await harness.control('PATCH', '/settings', { tenSecondlyLimit: 50 })).body).toEqual({
      ...defaults,
      tenSecondlyLimit: 50,
    });
    expect((await harness.control('PATCH', '/settings', { limit: 1 })).status).toBe(400);
  });

  it('drops everything on reset: portals, tokens, enrolments, faults, settings', async () => {
    const portal = await harness.portal();
    await portal.enrol(3);
    await harness.waiting(3);
    await harness.control('PATCH', '/settings', { tenSecondlyLimit: 1 });
    await harness.control('POST', '/faults', { target: 'any', kind: 'reset' });
    expect((await harness.control('POST', '/reset')).status).toBe(204);
    expect((await portal.complete(harness.calls[0]!.callbackId)).status).toBe(401);
    expect((await harness.control('GET', '/portals')).body.items).toEqual([]);
    expect((await harness.control('GET', '/enrolments')).body.total).toBe(0);
    expect((await harness.control('GET', '/settings')).body.tenSecondlyLimit).toBe(110);
  });

  it('serves a page that loads nothing from elsewhere', async () => {
    const page = await harness.ask('GET', '/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const assets = [...String(page.body).matchAll(/(?:href|src)="(\/[^"]+)"/g)].map((match) => match[1]!);
    expect(assets.length).toBeGreaterThanOrEqual(3);
    for (const asset of assets) expect((await harness.ask('GET', asset)).status).toBe(200);
    expect(String(page.body)).not.toMatch(/https?:|<style|style=|onclick=/);
    const portal = await harness.portal();
    const overview = (await harness.control('GET', '/overview')).body;
    expect(overview).toMatchObject({
      portals: [{ portalId: portal.portalId, limit: { max: 110 } }],
      requests: [],
    });
  });

  it('measures each step by the window that it asks for, and by no other', async () => {
    const steps = [
      { max_throughput: '5', time: '1', period: 'minute' },
      { max_throughput: '3', time: '1', period: 'hours' },
      { max_throughput: 'many' },
    ];
    const portal = await harness.portal({ steps });
    await portal.enrol(4);
    await harness.waiting(4);
    await portal.completeBatch(harness.calls.map((call) => call.callbackId));
    const [{ workflows }] = (await harness.control('GET', '/overview')).body.portals;
    expect(workflows[0].steps.map(({ window }: { window?: unknown }) => window)).toEqual([
      { limit: 5, intervalMs: 60_000, most: 4 },
      { limit: 3, intervalMs: 3_600_000, most: 0 },
      undefined,
    ]);
  });
});

describe('the process', () => {
  it('prints one line when it is ready and ends promptly on SIGTERM, open connections or not', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts'], {
      env: { ...process.env, NODE_OPTIONS: '', SANDBOX_PORT: '0', SANDBOX_APP_ID: '5', SANDBOX_SEED: '3' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { ready, url } = JSON.parse(line) as { ready: boolean; url: string };
      expect(ready).toBe(true);
      const health = (await (await fetch(`${url}/_sandbox/health`)).json()) as object;
      expect(health).toMatchObject({ ok: true, appId: 5, seed: 3 });
      const startedMs = performance.now();
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    } finally {
      child.kill('SIGKILL');
    }
  });

  const started = (flags: string[]) =>
    spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', ...flags], {
      env: { ...process.env, NODE_OPTIONS: '', SANDBOX_PORT: '0', SANDBOX_SEED: '3' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('has contacts from the start, and changes them, if its flags say so', async () => {
    const child = started(['--portal', '5', '--contacts', '3000', '--mutate', '500']);
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { url } = JSON.parse(line) as { url: string };
      const get = async (path: string) => (await fetch(`${url}/_sandbox/portals/5/crm${path}`)).json();
      const records = async () => ((await get('')) as { records: { contacts: number } }).records.contacts;
      expect(await records()).toBeGreaterThan(2_000);
      await eventually(async () => (await records()) < 3_000);
      expect(await get('/mutator')).toMatchObject({ running: true });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('says what is wrong with a flag, and does not start', async () => {
    const child = started(['--contacts', 'many']);
    const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
    expect(line).toContain('contacts');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
  });
});
