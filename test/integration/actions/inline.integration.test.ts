import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { beginInlineRun, endInlineRun } from '../../../src/db/actions/inlineRuns.js';
import { callHashOf } from '../../../src/db/actions/intake.js';
import { ActionFailed, defineAction, type ActionContext } from '../../../src/sdk/actions/actions.js';
import { z } from '../../../src/sdk/sluice.js';
import { createRunsSweep } from '../../../src/worker/actions/runsSweep.js';
import { callAction, type ActionAnswer } from '../../support/actionCall.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const [PORTAL, OTHER_PORTAL, GOING_PORTAL] = [7201, 7202, 7203];
const labels = { en: { actionName: 'Test' } };
const input = z.object({ name: z.string(), times: z.number().int().default(1) });
const output = z.object({ greeting: z.string() });

/** What the handler does in the test at hand. */
let handler: (context: ActionContext<z.output<typeof input>, 'PARTNER_KEY'>) => unknown;
const ask = defineAction({
  ...{ name: 'ask', version: 1, input, output, labels, timeoutMs: 1000, retry: { initialMs: 1 } },
  ...{ answer: 'inline', secrets: ['PARTNER_KEY'] },
  clients: ['WORKFLOWS', { client: 'AGENTS', toolType: 'GET_DATA', description: 'Greets somebody' }],
  run: (context) => handler(context) as { greeting: string },
});
const slow = defineAction({ ...ask, name: 'slow', timeoutMs: 3000 });
const short = defineAction({ ...ask, name: 'short', retry: { giveUpAfterMs: 1 } });
const wait = defineAction({ ...{ name: 'wait', version: 1, input, output, labels }, run: ask.run });

describe('a call that is answered inline', () => {
  let api: ApiHarness;
  let ran = 0;
  let calls = 0;

  beforeAll(async () => {
    const env = { PARTNER_KEY: 'a-key-of-the-partner' };
    api = await startApi({}, env, undefined, undefined, undefined, { actions: [ask, slow, short, wait] });
    for (const portalId of [PORTAL, OTHER_PORTAL, GOING_PORTAL])
      await seedLane(api.database.admin, { portalId, limit: 1, intervalMs: 1000 });
  }, 60_000);
  afterAll(() => api.close());
  beforeEach(() => {
    ran = 0;
    handler = ({ input: { name } }) => ({ greeting: `Hello, ${name} (${(ran += 1)})` });
  });

  interface Asked {
    action?: string;
    callbackId?: string;
    portalId?: number;
    inputFields?: Record<string, string>;
  }
  const newCallback = () => `c-${(calls += 1)}`;
  const call = ({ action = 'ask', callbackId = newCallback(), ...rest }: Asked = {}): Promise<ActionAnswer> =>
    callAction({
      ...{ url: `${api.url}/api/hubspot/actions/${action}`, secret: 'secret', portalId: PORTAL },
      ...{ callbackId, inputFields: { name: 'Ada' }, ...rest },
    });
  const callAsAgent = (inputFields: Record<string, string> = { name: 'Ada' }) =>
    callAction({
      ...{ url: `${api.url}/api/hubspot/actions/ask`, secret: 'secret', portalId: PORTAL },
      ...{ callbackId: undefined, source: 'AGENTS', inputFields },
    });
  async function runOf(callbackId: string) {
    const { rows } = await api.database.admin.query<Record<string, unknown> & { id: string }>(
      'SELECT * FROM action_runs WHERE callback_id = $1',
      [callbackId],
    );
    return rows[0];
  }
  /** As another process takes a call. */
  async function takenElsewhere(callbackId: string, leaseMs: number) {
    const call = {
      ...{
        workspaceId: WORKSPACE,
        portalId: PORTAL,
        callbackId,
        action: 'ask',
        version: 1,
        source: 'WORKFLOWS',
      },
      ...{ callHash: callHashOf(WORKSPACE, PORTAL, callbackId), bodyHash: hash('sha256', '', 'buffer') },
      ...{ objectId: null, sealedInput: '', refusal: null, lane: null, giveUpAfterMs: 3_600_000 },
    };
    const begun = await beginInlineRun(api.database.pool, call, leaseMs);
    return { workspaceId: WORKSPACE, portalId: PORTAL, runId: begun!.runId };
  }

  it('has the outputs of its handler, and so has a repeat, for which no handler is called', async () => {
    const callbackId = newCallback();
    const first = await call({ callbackId });
    expect(first).toMatchObject({
      status: 200,
      outputs: { greeting: 'Hello, Ada (1)', hs_execution_state: 'SUCCESS', sluice_status: 'completed' },
    });
    expect(await call({ callbackId })).toEqual(first);
    expect(ran).toBe(1);
  });

  it('is a run as others are, sealed, and no workflow is started for it', async () => {
    const callbackId = newCallback();
    await call({ callbackId, inputFields: { name: 'Someone-nobody-may-read' } });
    const run = await runOf(callbackId);
    expect(run).toMatchObject({ state: 'completed', attempts: 1, told_at: expect.any(Date) });
    expect(JSON.stringify(run)).not.toContain('Someone');
    const shown = await api.api.must('GET', `/api/actions/runs/${run!.id}?data=true`);
    expect(shown).toMatchObject({
      ...{ action: 'ask', state: 'completed', input: { name: 'Someone-nobody-may-read' } },
      outputs: { greeting: 'Hello, Someone-nobody-may-read (1)' },
    });
    expect(api.controlCalls).not.toContain(`run ${run!.id}`);
  });

  it('waits for the first one where it comes while that is under way', async () => {
    let go!: () => void;
    const open = new Promise<void>((resolve) => (go = resolve));
    handler = async () => {
      ran += 1;
      await open;
      return { greeting: 'at last' };
    };
    const callbackId = newCallback();
    const first = call({ action: 'slow', callbackId });
    await until('it is under way', () => ran === 1, 5000, 5);
    const second = call({ action: 'slow', callbackId });
    // The repeat has arrived when one that came after it has been answered.
    expect((await call({ inputFields: { name: 'Ada', times: 'x' } })).status).toBe(200);
    go();
    const [one, other] = await Promise.all([first, second]);
    expect([one.outputs['greeting'], other]).toEqual(['at last', one]);
    expect(ran).toBe(1);
  });

  it('waits for the one that another process has in hand', async () => {
    const callbackId = newCallback();
    const ref = await takenElsewhere(callbackId, 60_000);
    const repeat = call({ callbackId });
    await call();
    expect(
      await endInlineRun(api.database.pool, ref, 1, { errorCode: 'quota', reason: null, sealedResult: null }),
    ).toBe(true);
    expect((await repeat).outputs).toMatchObject({ hs_execution_state: 'FAIL_CONTINUE', errorCode: 'quota' });
  });

  it('is run again where the process that had it in hand has died', async () => {
    const callbackId = newCallback();
    await call({ callbackId });
    await api.database.admin.query(
      `UPDATE action_runs SET state = 'waiting', sealed_result = NULL, ended_at = NULL, told_at = NULL,
              answering_until = clock_timestamp() + interval '300 milliseconds' WHERE callback_id = $1`,
      [callbackId],
    );
    expect(await call({ callbackId })).toMatchObject({
      status: 200,
      outputs: { greeting: 'Hello, Ada (2)' },
    });
    expect(await runOf(callbackId)).toMatchObject({ state: 'completed', attempts: 2 });
  });

  it('goes on as failed with the name of the field that does not fit, and calls no handler', async () => {
    const callbackId = newCallback();
    for (let n = 0; n < 2; n += 1)
      expect((await call({ callbackId, inputFields: { name: 'Ada', times: 'many' } })).outputs).toMatchObject(
        {
          ...{ hs_execution_state: 'FAIL_CONTINUE', errorCode: 'invalid_input' },
          sluice_reason: expect.stringMatching(/^times /),
        },
      );
    expect([ran, (await runOf(callbackId))?.['state']]).toEqual([0, 'rejected']);
  });

  it('goes on as failed with the code of ActionFailed, without the secrets of its handler', async () => {
    handler = ({ secrets }) => {
      throw new ActionFailed('quota', `No quota for ${secrets.PARTNER_KEY}`);
    };
    const callbackId = newCallback();
    for (let n = 0; n < 2; n += 1)
      expect((await call({ callbackId })).outputs).toMatchObject({
        ...{
          hs_execution_state: 'FAIL_CONTINUE',
          errorCode: 'quota',
          sluice_reason: 'No quota for [secret]',
        },
      });
    expect(await runOf(callbackId)).toMatchObject({ state: 'failed', attempts: 1 });
  });

  it('is answered 503 where its handler throws or hangs, and tried again when HubSpot calls again; `once` does its own once', async () => {
    let aborted = false;
    const done: string[] = [];
    handler = async ({ attempt, once, signal }) => {
      await once('charge', ({ key }) => void done.push(key));
      if (attempt === 1) throw new Error('the partner is away');
      if (attempt > 2) return { greeting: String(done.length) };
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve({ greeting: 'too late' });
        });
      });
    };
    const callbackId = newCallback();
    expect(await call({ callbackId })).toMatchObject({ status: 503, retryAfter: '1000' });
    const from = performance.now();
    expect((await call({ callbackId })).status).toBe(503);
    expect(performance.now() - from).toBeLessThan(3000);
    expect(aborted).toBe(true);
    expect((await call({ callbackId })).outputs).toMatchObject({ greeting: '1' });
    expect(await runOf(callbackId)).toMatchObject({ state: 'completed', attempts: 3, doubts: 0 });
  });

  it('ends with `gave_up` after giveUpAfterMs, by the call that comes then or by the sweep', async () => {
    handler = () => {
      throw new Error('never');
    };
    const callbackId = newCallback();
    expect((await call({ action: 'short', callbackId })).status).toBe(503);
    const failed = { hs_execution_state: 'FAIL_CONTINUE', errorCode: 'gave_up' };
    expect((await call({ action: 'short', callbackId })).outputs).toMatchObject(failed);
    const left = newCallback();
    expect((await call({ callbackId: left })).status).toBe(503);
    await api.database.admin.query(
      'UPDATE action_runs SET due_at = clock_timestamp() WHERE callback_id = $1',
      [left],
    );
    const asked: string[] = [];
    const ask = async ({ runId }: { runId: string }) => void asked.push(runId);
    const sweep = createRunsSweep(api.database.admin, {
      ...{ startRun: ask, bringToEnd: ask },
      startPack: async ({ runs }) => void asked.push(...runs.map(({ runId }) => runId)),
    });
    await sweep.run(new AbortController().signal);
    const run = await runOf(left);
    expect(run).toMatchObject({
      state: 'failed',
      error_code: 'gave_up',
      reason: 'HubSpot did not call again',
    });
    expect(asked).not.toContain(run!.id);
    expect((await call({ callbackId: left })).outputs).toMatchObject(failed);
  });

  it('that failed is tried again by a worker, on request, and HubSpot is not told of it', async () => {
    handler = () => {
      throw new ActionFailed('quota');
    };
    const callbackId = newCallback();
    await call({ callbackId });
    const { id } = (await runOf(callbackId))!;
    await api.api.must('POST', `/api/actions/runs/${id}/retry`);
    expect(api.controlCalls).toContain(`run ${id}`);
    expect(await runOf(callbackId)).toMatchObject({
      state: 'waiting',
      answering_until: null,
      told_at: expect.any(Date),
    });
    expect((await call({ callbackId })).status).toBe(503);
  });

  it('is answered as cancelled where somebody cancels it while it runs', async () => {
    let go!: () => void;
    handler = () => new Promise((resolve) => (go = () => resolve({ greeting: 'never mind' })));
    const callbackId = newCallback();
    const answer = call({ action: 'slow', callbackId });
    await until(
      'it is under way',
      async () => (await runOf(callbackId)) !== undefined && go !== undefined,
      5000,
      5,
    );
    const { id } = (await runOf(callbackId))!;
    await api.api.must('POST', `/api/actions/runs/${id}/cancel`);
    expect(api.controlCalls).not.toContain(`cancel run ${callbackId}`);
    go();
    expect((await answer).outputs).toMatchObject({
      hs_execution_state: 'FAIL_CONTINUE',
      errorCode: 'cancelled',
    });
    expect(await runOf(callbackId)).toMatchObject({ state: 'cancelled', ended_at: expect.any(Date) });
  });

  it('of an agent without a callback is answered by its outputs, and nothing of it is kept', async () => {
    const kept = () =>
      api.database.admin.query('SELECT id::text FROM action_runs UNION ALL SELECT name FROM action_effects');
    const before = (await kept()).rows;
    handler = async ({ once, context, key }) => ({
      greeting: await once('greet', ({ key: own }) => `${context.source} ${own === `${key}-greet`}`),
    });
    expect((await callAsAgent()).outputs).toEqual({
      ...{ greeting: 'AGENTS true', hs_execution_state: 'SUCCESS', sluice_status: 'completed' },
    });
    expect((await callAsAgent({})).outputs).toMatchObject({ errorCode: 'invalid_input' });
    handler = () => {
      throw new Error('the partner is away');
    };
    expect((await callAsAgent()).status).toBe(503);
    expect((await kept()).rows).toEqual(before);
  });

  it('needs a callback where its action waits for one', async () => {
    const url = `${api.url}/api/hubspot/actions/wait`;
    const asked = { url, secret: 'secret', portalId: PORTAL, callbackId: undefined, source: 'AGENTS' };
    expect((await callAction(asked)).status).toBe(400);
  });

  it('is answered as it was begun where its action has been answered otherwise since', async () => {
    const [held, begun] = [newCallback(), newCallback()];
    expect((await call({ action: 'wait', callbackId: held })).outputs['hs_execution_state']).toBe('BLOCK');
    expect((await call({ action: 'ask', callbackId: held })).outputs['hs_execution_state']).toBe('BLOCK');
    handler = ({ attempt }) => {
      if (attempt === 1) throw new Error('the partner is away');
      return { greeting: 'now' };
    };
    expect((await call({ action: 'ask', callbackId: begun })).status).toBe(503);
    expect((await call({ action: 'wait', callbackId: begun })).outputs).toMatchObject({ greeting: 'now' });
  });

  it('of a portal that is being disconnected is refused, and calls no handler', async () => {
    const callbackId = newCallback();
    await api.database.admin.query("UPDATE portals SET state = 'disconnecting' WHERE portal_id = $1", [
      GOING_PORTAL,
    ]);
    expect((await call({ callbackId, portalId: GOING_PORTAL })).outputs).toMatchObject({
      errorCode: 'refused',
    });
    expect([ran, (await runOf(callbackId))?.['state']]).toEqual([0, 'refused']);
  });

  it('beyond the places of its action in a portal is answered 503 at once; other portals and actions have theirs', async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    handler = async () => {
      ran += 1;
      await gate;
      return { greeting: 'at last' };
    };
    const held = Array.from({ length: 32 }, () => call({ action: 'slow' }));
    await until('all places are taken', () => ran === 32, 5000, 5);
    const from = performance.now();
    expect(await call({ action: 'slow' })).toMatchObject({ status: 503, retryAfter: '1000' });
    expect(performance.now() - from).toBeLessThan(1000);
    handler = () => ({ greeting: 'of another' });
    expect((await call()).outputs['greeting']).toBe('of another');
    expect((await call({ action: 'slow', portalId: OTHER_PORTAL })).outputs['greeting']).toBe('of another');
    open();
    await Promise.all(held);
    expect((await call({ action: 'slow' })).outputs['greeting']).toBe('of another');
  });
});
