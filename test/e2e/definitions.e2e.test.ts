import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.js';
import { createOutbox, SHIPPED } from '../../src/sdk/outbox/outbox.js';
import { orderPlaced } from '../support/ownDefinitions/events/orderPlaced.js';
import { ROOT } from '../support/process.js';
import { startStack, until, type Stack } from '../support/stack.js';

const SIGNING_KEY = 'a-key-to-sign-with';
const CONFIG = path.join(ROOT, 'test/support/ownDefinitions/sluice.config.ts');

/** What somebody defines in files of their own: nothing of `src` is edited for it. */
describe('a service with a sluice.config.ts', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack({ env: { HUBSPOT_SEND_LIVE: 'true', SLUICE_CONFIG: CONFIG, SIGNING_KEY } });
    portalId = await stack.connectPortal();
  }, 120_000);
  afterAll(() => stack.stop());

  const titleOf = async (email: string) => {
    const url = `${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/${email}?idProperty=email&properties=jobtitle`;
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${stack.secrets.tokens.get(portalId)}` },
    });
    return ((await answer.json()) as { properties?: { jobtitle?: string } }).properties?.jobtitle;
  };
  const order = (number: string, email: string) => ({
    ...{ type: 'order_placed', portalId },
    payload: { number, email },
  });

  it('brings an event type of its own from POST /api/events into HubSpot', async () => {
    const email = 'http@example.com';
    const taken = await stack.api.must<{ status: string }>('POST', '/api/events', order('A-7', email));
    expect(taken.status).toBe('captured');
    await until('the contact has its order', async () => (await titleOf(email)) === 'Order A-7', 30_000);
  });

  it('brings one from trackEvent, in the transaction of an application, into HubSpot', async () => {
    const email = 'library@example.com';
    const outbox = createOutbox({ types: [...SHIPPED, orderPlaced] });
    const client = await stack.pool.connect();
    try {
      await client.query('BEGIN');
      const payload = { number: 'A-8', email };
      expect(await outbox.trackEvent(client, 'order_placed', payload, { portalId })).toMatchObject({
        status: 'captured',
      });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await until('the contact has its order', async () => (await titleOf(email)) === 'Order A-8', 30_000);
  });

  it('says of an event what the code of its type says, where that allows no effects', async () => {
    const said = await stack.api.must<{ status: string; reason?: string }>(
      ...(['POST', '/api/events', order('T-1', 'test@example.com')] as const),
    );
    expect(said).toMatchObject({ status: 'invalid', reason: 'a test order changes nothing at HubSpot' });
  });

  it('brings records through an action of its own, and their outputs to HubSpot', async () => {
    const outcomes = new Map<string, Readonly<Record<string, string>>>();
    for (const name of ['Ada', 'twice', 'nobody']) {
      const flow = await stack.addFlow(portalId, { action: 'greet', steps: [{ inputFields: { name } }] });
      await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
      await until(
        `the record with ${name} has gone on`,
        async () => {
          const { items } = await stack.sandbox.enrolments({ portalId, workflowId: flow.workflowId });
          const outputs = items[0]?.current?.outputs;
          if (outputs) outcomes.set(name, outputs);
          return items[0]?.current?.state === 'completed';
        },
        30_000,
      );
    }
    expect(outcomes.get('Ada')).toMatchObject({
      greeting: 'Hello, Ada',
      tries: '1',
      hs_execution_state: 'SUCCESS',
    });
    expect(outcomes.get('twice')).toMatchObject({ greeting: 'Hello, twice', tries: '2' });
    expect(outcomes.get('nobody')).toMatchObject({
      errorCode: 'no_name',
      hs_execution_state: 'FAIL_CONTINUE',
    });
    // HubSpot has the outputs a moment before it is noted that it has.
    let items: { state: string }[] = [];
    await until(
      'all runs have ended',
      async () => {
        ({ items } = await stack.api.must<{ items: typeof items }>('GET', '/api/actions/runs?action=greet'));
        return items.every(({ state }) => state === 'failed' || state === 'completed');
      },
      15_000,
    );
    expect(items).toMatchObject([
      { state: 'failed' },
      { state: 'completed', attempts: 2 },
      { state: 'completed' },
    ]);
  });

  it('answers a call of an action at once where that is inline, and agents with a callback or without', async () => {
    const inputFields = { name: 'Ada' };
    const flow = await stack.addFlow(portalId, { action: 'welcome', steps: [{ inputFields }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    await until(
      'the record has gone on',
      async () => {
        const { items } = await stack.sandbox.enrolments({ portalId, workflowId: flow.workflowId });
        return items[0]?.current?.state === 'answered' && items[0].current;
      },
      15_000,
    ).then(({ outputs }) =>
      expect(outputs).toMatchObject({ welcome: 'Welcome, Ada', hs_execution_state: 'SUCCESS' }),
    );
    for (const withCallback of [false, true])
      expect(
        await stack.sandbox.callAsAgent(portalId, flow.actionDefinitionId, { inputFields, withCallback }),
      ).toMatchObject({ status: 200, outputs: { welcome: 'Welcome, Ada' } });
    const { items } = await stack.api.must<{ items: { source: string; state: string }[] }>(
      ...(['GET', '/api/actions/runs?action=welcome'] as const),
    );
    expect(items).toMatchObject([
      { source: 'AGENTS', state: 'completed' },
      { source: 'WORKFLOWS', state: 'completed' },
    ]);
  });

  it('is tried by hand: a call signed as HubSpot signs is followed to its outputs', async () => {
    const PUBLIC_URL = new URL(stack.actionUrl()).origin;
    const test = async (words: string): Promise<Record<string, unknown>> => {
      const said = { out: '', err: '' };
      const code = await runCli(['actions', 'test', ...words.split(' '), '--json'], {
        out: (text) => void (said.out += text),
        err: (text) => void (said.err += text),
        env: { ...stack.env, PUBLIC_URL, SLUICE_API_URL: PUBLIC_URL, SLUICE_API_KEY: stack.secrets.apiKey },
        cwd: stack.dir,
      });
      return { code, ...(JSON.parse(said.out || said.err) as Record<string, unknown>) };
    };
    expect(await test('greet --input name=Ada --input times=2')).toMatchObject({
      ...{ code: 0, action: 'greet', portalId, state: 'completed', next: null },
      outputs: { greeting: 'Hello, Ada! Hello, Ada', hs_execution_state: 'SUCCESS' },
    });
    expect(await test('welcome --input name=Ada')).toMatchObject({ code: 0, state: 'completed' });
    const failed = await test(`greet --input name=nobody --portal ${portalId}`);
    expect(failed).toMatchObject({ code: 1, state: 'failed', outputs: { errorCode: 'no_name' } });
    expect(failed).toMatchObject({ next: `npx sluice actions runs show ${String(failed['runId'])} --data` });
    expect(await test('greet --input name=Ada --input times=many')).toMatchObject({
      ...{ code: 1, state: 'rejected' },
      outputs: { errorCode: 'invalid_input', sluice_reason: expect.stringMatching(/^times /) },
    });
    expect(await test('charge')).toMatchObject({
      code: 1,
      detail: 'There is no action charge; there are: greet, sign, welcome',
    });
  });

  it('gives an action the secrets that it names, and neither its outputs nor a log has them', async () => {
    const flow = await stack.addFlow(portalId, { action: 'sign', steps: [{ inputFields: { text: 'Yes' } }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    let outputs: Readonly<Record<string, string>> | null | undefined;
    await until(
      'the record has gone on',
      async () => {
        const { items } = await stack.sandbox.enrolments({ portalId, workflowId: flow.workflowId });
        outputs = items[0]?.current?.outputs;
        return items[0]?.current?.state === 'completed';
      },
      30_000,
    );
    const signature = createHmac('sha256', SIGNING_KEY).update('Yes').digest('hex');
    expect(outputs).toMatchObject({ signature, said: 'Signed with [secret]' });
    expect(stack.workers[0]!.logs()).toContain('Signed with [secret]');
    expect(stack.workers[0]!.logs()).not.toContain(SIGNING_KEY);
  });

  it('answers calls of an action that it has switched off so that HubSpot calls again', async () => {
    const flow = await stack.addFlow(portalId);
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    await until(
      'the call was answered with 503',
      async () => {
        const metrics = await (await fetch(`${stack.apis[0]!.metricsUrl}/metrics`)).text();
        return /sluice_intake_calls_total\{[^}]*result="switched_off"[^}]*\} [1-9]/.test(metrics);
      },
      30_000,
    );
  });

  it('does not start where something in it is wrong, and each process names the line to mend', async () => {
    // Below the package that it imports.
    const wrong = path.join(mkdtempSync(path.join(ROOT, '.sluice', 'wrong-')), 'sluice.config.ts');
    writeFileSync(
      wrong,
      "import { defineConfig } from 'sluice';\n\nexport default defineConfig({ events: [{}] });\n",
    );
    for (const one of [stack.apis[0]!, stack.workers[0]!]) {
      await one.stop();
      one.start({ SLUICE_CONFIG: wrong });
      expect(await one.exited).toBe('code 1');
      expect(one.logs()).toContain(`${path.relative(ROOT, wrong)}:3: events[0] is not made by defineEvent`);
    }
    rmSync(path.dirname(wrong), { recursive: true });
    const [worker] = stack.workers;
    worker!.start({ SLUICE_CONFIG: CONFIG, SIGNING_KEY: '' });
    expect(await worker!.exited).toBe('code 1');
    expect(worker!.logs()).toMatch(
      /actions\/sign\.ts:10: the action sign needs SIGNING_KEY, which is not set/,
    );
  });
});
