import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.js';
import { installedLane } from '../faults/installed.js';
import { callAction, forgedV3 } from '../support/actionCall.js';
import { findLeaks } from '../support/canaries.js';
import { startStack, until, type Flow, type Stack } from '../support/stack.js';

const TWENTY_PER_2S = { limit: 20, intervalMs: 2000 };

describe('An action call, from HubSpot and back', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack();
    portalId = await stack.connectPortal();
  }, 90_000);
  afterAll(() => stack?.stop(), 30_000);

  const completed = (flow: Flow, count: number, deadlineMs = 20_000) =>
    until(
      `${count} enrolments of workflow ${flow.workflowId} have completed`,
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === count,
      deadlineMs,
    );
  const reportOf = async ({ workflowId }: Flow, windowMs: number) => {
    const report = await stack.sandbox.report({ portalId, workflowId, windowMs });
    return { ...report.lanes[0]!, totals: report.totals };
  };

  it('takes 60 records through at 20 per 2 seconds: none lost, none doubled, the window never exceeded', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: TWENTY_PER_2S }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 60, ratePerSecond: 300 });
    await completed(flow, 60);

    const { totals, ...lane } = await reportOf(flow, TWENTY_PER_2S.intervalMs);
    expect(totals).toMatchObject({
      acknowledged: 60,
      completed: 60,
      lost: 0,
      completedTwice: 0,
      ignoredCallbacks: 0,
    });
    expect(lane.maxInWindow).toBe(20);
    expect(lane.bySluiceStatus).toEqual({ released: 60 });
    // The third twenty may go two intervals after the first: more would be waste.
    expect(lane.lastCompletionMs! - lane.firstCompletionMs!).toBeLessThan(2 * 2000 + 1500);
    const { portals } = await stack.sandbox.report({ portalId });
    const { calls, rejected429, callsByStatus } = portals[0]!;
    // Two of them asked about the account: whose the token is, before it was stored, and its time zone afterwards. Two
    // more may have asked for its custom objects by then.
    const about = callsByStatus[200] ?? 0;
    expect({ rejected429, callsByStatus }).toEqual({
      rejected429: 0,
      callsByStatus: { 200: about, 204: calls - about },
    });
    expect([2, 3, 4]).toContain(about);
  });

  it('keeps the window of each of two steps of a workflow whose calls do not name their step', async () => {
    const [slow, fast] = [TWENTY_PER_2S, { limit: 1000, intervalMs: 1000 }];
    const flow = await stack.addFlow(portalId, {
      steps: [
        { rate: slow, namesStep: false },
        { rate: fast, namesStep: false },
      ],
    });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 60, ratePerSecond: 300 });
    await completed(flow, 60);
    const { lanes } = await stack.sandbox.report({
      ...{ portalId, workflowId: flow.workflowId, windowMs: slow.intervalMs },
    });
    expect(lanes.map(({ completed: count }) => count)).toEqual([60, 60]);
    expect(lanes[0]!.maxInWindow).toBe(slow.limit);
  });

  it('sends a call that HubSpot makes three times through once', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: TWENTY_PER_2S }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 15, callsEach: 3 });
    await completed(flow, 15);
    const lane = await reportOf(flow, 2000);
    expect(lane).toMatchObject({ actionCalls: 45, acknowledged: 15, completed: 15, duplicateCallbacks: 0 });
  });

  it('answers a repeat with what has become of the call', async () => {
    const call = {
      url: stack.actionUrl(),
      secret: stack.secrets.clientSecret,
      portalId,
      callbackId: `ap-${portalId}-555000001-1-0`,
    };
    expect(await callAction(call)).toMatchObject({
      status: 200,
      outputs: { hs_execution_state: 'BLOCK', hs_expiration_duration: expect.stringMatching(/^P\d/) },
    });
    expect((await callAction(call)).outputs).toMatchObject({ hs_execution_state: 'BLOCK' });
    const state = await until(
      'the repeat is answered with the end',
      async () => {
        const { outputs } = await callAction(call);
        return outputs['hs_execution_state'] !== 'BLOCK' && outputs;
      },
      15_000,
      100,
    );
    expect(state).toMatchObject({ hs_execution_state: 'SUCCESS', sluice_status: 'released' });
    const executions = await stack.api.executions({ portalId, state: 'completed' });
    expect(executions.filter(({ callbackId }) => callbackId === call.callbackId)).toHaveLength(1);
  });

  it.each(['v3', 'both'] as const)('takes calls that are signed with %s', async (signature) => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: TWENTY_PER_2S }], signature });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 3 });
    await completed(flow, 3);
  });

  it('refuses what is not signed by HubSpot with 401, a good v2 beside a bad v3 too', async () => {
    const call = {
      url: stack.actionUrl(),
      secret: stack.secrets.clientSecret,
      portalId,
      callbackId: `ap-${portalId}-555000002-1-0`,
    };
    expect(await callAction({ ...call, secret: 'not the secret' })).toMatchObject({ status: 401 });
    expect(await callAction({ ...call, headers: forgedV3() })).toMatchObject({ status: 401 });
    const { rows } = await stack.pool.query('SELECT 1 FROM execution_keys WHERE callback_id = $1', [
      call.callbackId,
    ]);
    expect(rows).toEqual([]);
  });

  it('refuses, with the reason, what comes for a portal whose throttle is off, and takes calls again when it is on', async () => {
    const call = (n: number) =>
      callAction({
        url: stack.actionUrl(),
        secret: stack.secrets.clientSecret,
        portalId,
        callbackId: `ap-${portalId}-55500001${n}-1-0`,
      });
    const turn = (on: boolean) =>
      stack.api.must('PUT', `/api/integrations/hubspot/config?portalId=${portalId}`, { throttle: on });
    await turn(false);
    const refused = {
      ...{ hs_execution_state: 'FAIL_CONTINUE', sluice_status: 'refused' },
      sluice_reason: 'The throttle is switched off for this portal',
    };
    expect(await call(1)).toEqual({ status: 200, retryAfter: null, outputs: refused });
    expect((await call(1)).outputs).toEqual(refused);
    const [kept] = await stack.api.executions({ portalId, state: 'refused' });
    expect(kept).toMatchObject({ reason: 'The throttle is switched off for this portal' });
    await turn(true);
    expect((await call(2)).outputs).toMatchObject({ hs_execution_state: 'BLOCK' });
  });

  it('asks HubSpot to call again for a portal that it does not know, and completes once the portal is there', async () => {
    const unknown = portalId + 1;
    await stack.sandbox.createPortal(unknown);
    const flow = await stack.addFlow(unknown, { steps: [{ rate: TWENTY_PER_2S }] });
    await stack.sandbox.enrol(unknown, flow.workflowId, { count: 1 });
    await until(
      'the call was answered 503',
      async () => (await stack.sandbox.enrolments(flow)).byState['retrying'] === 1,
      5000,
    );
    await stack.connectPortal(unknown);
    await completed(flow, 1);
    const answer = await callAction({
      url: stack.actionUrl(),
      secret: stack.secrets.clientSecret,
      portalId: portalId + 2,
      callbackId: `ap-${portalId + 2}-1-1-0`,
    });
    expect(answer).toMatchObject({ status: 503, retryAfter: '60000' });
  });

  it('shows the queues of its portal to who fills in a step, where HubSpot has its definition', async () => {
    const { portalId: installed } = await installedLane(stack, TWENTY_PER_2S);
    const flow = await stack.addFlow(installed, { steps: [{ rate: TWENTY_PER_2S, queue: 'letters' }] });
    await stack.sandbox.enrol(installed, flow.workflowId, { count: 1 });
    await completed(flow, 1);
    const said = { out: '', err: '' };
    const key = 'sandbox-developer-key';
    const published = await runCli(['actions', 'publish', 'throttle'], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env: {
        ...{ ...stack.env, HUBSPOT_DEVELOPER_API_KEY: key },
        PUBLIC_URL: new URL(stack.actionUrl()).origin,
      },
      cwd: stack.dir,
    });
    expect({ published, ...said }).toMatchObject({ published: 0, err: '' });
    const answer = await fetch(
      `${stack.sandboxProcess.url}/automation/v4/actions/${stack.env['HUBSPOT_APP_ID']}?hapikey=${key}`,
    );
    const { results } = (await answer.json()) as { results: { id: string }[] };
    const { actionDefinitionId } = await stack.sandbox.addAction(installed, {
      ...{ definitionId: Number(results[0]!.id), asDeveloper: true },
    });
    expect(
      await stack.sandbox.fetchOptions(installed, actionDefinitionId, { field: 'queue', inputFields: {} }),
    ).toMatchObject({ status: 200, body: { options: [{ value: 'letters' }] } });
  });

  it('holds two workflows that share a named queue to one rate', async () => {
    const step = { rate: { limit: 10, intervalMs: 2000 }, queue: 'shared' };
    const [one, two] = [
      await stack.addFlow(portalId, { steps: [step] }),
      await stack.addFlow(portalId, { steps: [step] }),
    ];
    await Promise.all(
      [one, two].map((flow) => stack.sandbox.enrol(portalId, flow.workflowId, { count: 15 })),
    );
    await completed(one, 15);
    await completed(two, 15);
    const { lanes } = await stack.sandbox.report({ portalId, windowMs: 2000 });
    const queue = lanes.find((lane) => lane.queue === 'shared');
    expect(queue).toMatchObject({ completed: 30, maxInWindow: 10, completedTwice: 0 });
    const ours = (await stack.api.lanes(portalId)).filter((lane) => lane.queue === 'shared');
    expect(ours).toHaveLength(1);
    const outputs = (await stack.sandbox.enrolments(one)).items.map(({ current }) => current?.outputs);
    expect(outputs[0]).toMatchObject({ sluice_status: 'released', sluice_queue: 'shared' });
  });

  it('keeps the history of an execution that waits once under 20 events, and its state findable', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: { limit: 1, intervalMs: 4000 } }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 2, ratePerSecond: 2 });
    await completed(flow, 2);
    const items = (await stack.sandbox.enrolments(flow)).items;
    const { callbackId } = items[1]!.current!;
    const found = await until(
      'Temporal lists the workflow as completed',
      async () => {
        for await (const one of stack.temporal.workflow.list({
          query: `CallbackId = '${callbackId}' AND ExecutionState = 'completed'`,
        })) {
          return one.status.name === 'COMPLETED' && one;
        }
        return undefined;
      },
      10_000,
      200,
    );
    expect(found.workflowId).toBe(`throttle/${portalId}/${callbackId}`);
    const { events } = await stack.temporal.workflow.getHandle(found.workflowId).fetchHistory();
    expect(events!.length).toBeLessThan(20);
    expect(events!.filter((event) => event.timerStartedEventAttributes)).toHaveLength(1);
  });

  it('lets no token, client secret or API key into logs, metrics or Temporal', async () => {
    expect(await findLeaks(stack)).toEqual([]);
  }, 30_000);
});
