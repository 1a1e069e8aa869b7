import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash, createHmac } from 'node:crypto';
import { BLOCK, eventually, SECRET, startHarness, SUCCESS, type Harness } from './harness.js';

let harness: Harness;
afterEach(() => harness.close());

describe('an action call', () => {
  it('is signed v2 over secret, method, URL and body', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const { headers, body } = harness.calls[0]!;
    const expected = createHash('sha256').update(`${SECRET}POST${harness.actionUrl}${body}`).digest('hex');
    expect(headers['x-hubspot-signature']).toBe(expected);
    expect(headers['x-hubspot-signature-version']).toBe('v2');
    expect(headers['x-hubspot-signature-v3']).toBeUndefined();
  });

  it('is signed v3 with its time if that is set', async () => {
    harness = await startHarness();
    const portal = await harness.portal({ signature: 'v3' });
    await portal.enrol(1);
    await harness.waiting(1);
    const { headers, body } = harness.calls[0]!;
    const timestamp = String(headers['x-hubspot-request-timestamp']);
    const expected = createHmac('sha256', SECRET)
      .update(`POST${harness.actionUrl}${body}${timestamp}`)
      .digest('base64');
    expect(headers['x-hubspot-signature-v3']).toBe(expected);
    expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000);
    expect(headers['x-hubspot-signature']).toBeUndefined();
  });

  it('names portal, enrolment and step in a callback id that no other execution has', async () => {
    harness = await startHarness(() => ({ json: SUCCESS }));
    const portal = await harness.portal({ steps: [{ a: '1' }, { a: '2' }] });
    await portal.enrol(3);
    await eventually(async () => (await harness.byState()).completed === 3);
    const ids = harness.calls.map((call) => call.callbackId);
    expect(new Set(ids).size).toBe(6);
    for (const id of ids) expect(id).toMatch(/^ap-26816943-\d+-[12]-0$/);
  });

  it('names its step, or does not where the workflow is made so', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const { actionDefinitionId } = JSON.parse(String(harness.calls[0]!.body)).origin;
    const made = await harness.control('POST', `/portals/${portal.portalId}/workflows`, {
      steps: [{ actionDefinitionId, namesStep: false }],
    });
    await harness.control('POST', `/portals/${portal.portalId}/workflows/${made.body.workflowId}/enrol`, {
      count: 1,
    });
    await eventually(async () => harness.calls.length === 2);
    const contexts = harness.calls.map(({ body }) => JSON.parse(String(body)).context);
    expect(contexts[0]).toMatchObject({ source: 'WORKFLOWS', actionId: expect.any(Number) });
    expect(contexts[1]).toMatchObject({ source: 'WORKFLOWS', workflowId: made.body.workflowId });
    expect(contexts[1]).not.toHaveProperty('actionId');
  });

  it('goes out at the rate that was asked for', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(60, { ratePerSecond: 200 });
    await harness.waiting(60);
    const [first, last] = [harness.calls.at(0)!, harness.calls.at(-1)!];
    // 59 gaps of 5 ms are 295 ms; at most one tenth of a second may be caught up after a stall.
    expect(last.atMs - first.atMs).toBeGreaterThan(190);
  });

  it('is never made more often at once than the concurrency allows', async () => {
    let open = 0;
    let max = 0;
    harness = await startHarness(() => {
      open += 1;
      max = Math.max(max, open);
      setTimeout(() => (open -= 1), 10);
      return { json: BLOCK, delayMs: 20 };
    });
    const portal = await harness.portal();
    await portal.enrol(30, { concurrency: 4 });
    await harness.waiting(30);
    expect(max).toBeLessThanOrEqual(4);
  });

  it('is sent callsEach times, with one callback id', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(5, { callsEach: 10 });
    await eventually(() => harness.calls.length === 50);
    expect(new Set(harness.calls.map((call) => call.callbackId)).size).toBe(5);
    await harness.waiting(5);
    expect((await harness.report()).lanes[0]).toMatchObject({ actionCalls: 50, acknowledged: 5 });
  });
});

describe('the answer to an action call', () => {
  it('BLOCK keeps the enrolment waiting until the callback, whose outputs are kept', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const { callbackId } = harness.calls[0]!;
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'waiting', outcome: null });
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect(await harness.execution(callbackId)).toMatchObject({
      state: 'completed',
      outcome: 'SUCCESS',
      outputs: SUCCESS.outputFields,
    });
    expect(await harness.byState()).toMatchObject({ waiting: 0, completed: 1 });
  });

  it.each([
    ['no state', {}],
    ['SUCCESS', SUCCESS],
    ['FAIL_CONTINUE', { outputFields: { hs_execution_state: 'FAIL_CONTINUE' } }],
    ['no JSON at all', 'ok'],
  ])('2xx with %s ends the step at once and the next one begins', async (_name, json) => {
    harness = await startHarness((call) => ({ json: call.callbackId.endsWith('-1-0') ? json : BLOCK }));
    const portal = await harness.portal({ steps: [{}, {}] });
    await portal.enrol(1);
    await harness.waiting(1);
    expect(harness.calls.map((call) => call.callbackId.at(-3))).toEqual(['1', '2']);
    const { lanes } = await harness.report();
    expect(lanes[0]).toMatchObject({ answeredAtOnce: 1, acknowledged: 0, completed: 0 });
  });

  it('4xx fails the enrolment and is not repeated', async () => {
    harness = await startHarness(() => ({ status: 422 }));
    const portal = await harness.portal({ steps: [{}, {}] });
    await portal.enrol(1);
    await eventually(async () => (await harness.byState()).failed === 1);
    expect(harness.calls).toHaveLength(1);
    expect(await harness.execution(harness.calls[0]!.callbackId)).toMatchObject({
      state: 'failed',
      outcome: 'HTTP 422',
    });
  });

  it('429 is repeated after Retry-After, which is read as milliseconds', async () => {
    harness = await startHarness((_call, number) =>
      number === 1 ? { status: 429, headers: { 'retry-after': '150' } } : { json: BLOCK },
    );
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const [first, second] = [harness.calls[0]!, harness.calls[1]!];
    expect(second.callbackId).toBe(first.callbackId);
    expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(149);
    expect(second.atMs - first.atMs).toBeLessThan(2_000);
  });

  it('5xx is repeated with growing pauses, up to a maximum', async () => {
    harness = await startHarness((_call, number) => (number <= 4 ? { status: 503 } : { json: BLOCK }));
    await harness.control('PATCH', '/settings', { retryBaseMs: 20, retryMaxMs: 60 });
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const gaps = harness.calls.slice(1).map((call, index) => call.atMs - harness.calls[index]!.atMs);
    expect(gaps).toHaveLength(4);
    for (const [index, atLeast] of [20, 40, 60, 60].entries())
      expect(gaps[index]).toBeGreaterThanOrEqual(atLeast - 1);
    expect((await harness.report()).lanes[0]).toMatchObject({ actionCalls: 5, acknowledged: 1 });
  });

  it('that comes too late is ignored: the action is called again', async () => {
    harness = await startHarness((_call, number) => ({ json: BLOCK, delayMs: number === 1 ? 600 : 0 }));
    await harness.control('PATCH', '/settings', { actionTimeoutMs: 150, retryBaseMs: 20 });
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    expect(harness.calls).toHaveLength(2);
    expect(harness.calls[1]!.callbackId).toBe(harness.calls[0]!.callbackId);
  });

  it('that never comes leads to another call, until one comes', async () => {
    harness = await startHarness((_call, number) => (number <= 2 ? 'never' : { json: BLOCK }));
    await harness.control('PATCH', '/settings', { actionTimeoutMs: 100, retryBaseMs: 10 });
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    expect(harness.calls).toHaveLength(3);
  });

  it('of a repeat changes nothing after the first one has decided', async () => {
    harness = await startHarness((_call, number) =>
      number === 1 ? { json: BLOCK } : { json: SUCCESS, delayMs: 80 },
    );
    const portal = await harness.portal();
    await portal.enrol(1, { callsEach: 2 });
    await harness.waiting(1);
    await portal.complete(harness.calls[0]!.callbackId);
    await eventually(async () => (await harness.byState()).completed === 1);
    expect((await harness.report()).lanes[0]).toMatchObject({
      acknowledged: 1,
      answeredAtOnce: 0,
      completed: 1,
    });
  });
});

describe("BLOCK expires by HubSpot's clock", () => {
  it('after hs_expiration_duration, and the workflow goes on', async () => {
    harness = await startHarness((call) => ({
      json: call.callbackId.endsWith('-1-0')
        ? { outputFields: { hs_execution_state: 'BLOCK', hs_expiration_duration: 'PT0.1S' } }
        : SUCCESS,
    }));
    const portal = await harness.portal({ steps: [{}, {}] });
    await portal.enrol(1);
    await eventually(async () => (await harness.byState()).completed === 1);
    const { lanes, totals } = await harness.report();
    expect(lanes[0]).toMatchObject({ acknowledged: 1, expired: 1, completed: 0, neverCompleted: 0 });
    expect(totals).toMatchObject({ lost: 1, expired: 1 });
  });

  it('after blockExpiryMs when the answer names no duration', async () => {
    harness = await startHarness(() => ({ json: { outputFields: { hs_execution_state: 'BLOCK' } } }));
    await harness.control('PATCH', '/settings', { blockExpiryMs: 50 });
    const portal = await harness.portal();
    await portal.enrol(2);
    await eventually(async () => (await harness.report()).totals.expired === 2);
  });

  it('at once through the control API, and a completion that comes later is ignored', async () => {
    harness = await startHarness();
    const portal = await harness.portal();
    await portal.enrol(1);
    await harness.waiting(1);
    const { callbackId } = harness.calls[0]!;
    expect((await harness.control('POST', `/callbacks/${callbackId}/expire`)).status).toBe(204);
    expect((await harness.control('POST', `/callbacks/${callbackId}/expire`)).status).toBe(409);
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'expired' });
    expect((await harness.report()).totals).toMatchObject({ expired: 1, completed: 0, ignoredCallbacks: 1 });
  });
});
