import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BLOCK, eventually, startHarness, SUCCESS, type Harness } from './harness.js';

let harness: Harness;
let portal: Awaited<ReturnType<Harness['portal']>>;
beforeEach(async () => {
  harness = await startHarness();
  portal = await harness.portal();
});
afterEach(() => harness.close());

async function enrolled(count: number): Promise<string[]> {
  await portal.enrol(count);
  await harness.waiting(count);
  return harness.calls.map((call) => call.callbackId);
}

const reject = (name: string) => harness.control('PATCH', '/settings', { [name]: 'reject' });

describe('completing callbacks', () => {
  it.each([
    ['/automation/actions/callbacks/2026-03/complete', true],
    ['/automation/actions/callbacks/2026-09/complete', true],
    ['/automation/v4/actions/callbacks/complete', true],
    ['/automation/actions/callbacks/2026-03/:id/complete', false],
    ['/automation/actions/callbacks/2026-09/:id/complete', false],
    ['/automation/v4/actions/callbacks/:id/complete', false],
  ])('works on %s', async (path, isBatch) => {
    const [callbackId = ''] = await enrolled(1);
    const entry = { ...SUCCESS, typedOutputs: {} };
    const body = isBatch ? { inputs: [{ callbackId, ...entry }] } : entry;
    const answer = await portal.post(path.replace(':id', callbackId), body);
    expect(answer.status).toBe(204);
    expect(await harness.byState()).toMatchObject({ completed: 1, waiting: 0 });
  });

  it('goes on with the next step, of FAIL_CONTINUE too', async () => {
    portal = await harness.portal({ steps: [{}, {}] });
    await portal.enrol(1);
    await harness.waiting(1);
    await portal.complete(harness.calls[0]!.callbackId, {
      outputFields: { hs_execution_state: 'FAIL_CONTINUE' },
    });
    await eventually(() => harness.calls.length === 2);
    await harness.waiting(1);
    const { lanes } = await harness.report(`?workflowId=${portal.workflowId}`);
    expect(lanes[0]).toMatchObject({ byOutcome: { FAIL_CONTINUE: 1 }, maxInWindow: 0 });
    expect(lanes[1]).toMatchObject({ acknowledged: 1 });
  });

  it('takes a hundred at once and refuses one more', async () => {
    const ids = await enrolled(101);
    expect((await portal.completeBatch(ids)).status).toBe(400);
    expect(await harness.byState()).toMatchObject({ waiting: 101 });
    expect((await portal.completeBatch(ids.slice(0, 100))).status).toBe(204);
    expect(await harness.byState()).toMatchObject({ waiting: 1, completed: 100 });
  });
});

describe('a callback id that no execution waits for', () => {
  it('is answered 204 without effect, and the others of the batch are completed', async () => {
    const ids = await enrolled(2);
    expect((await portal.completeBatch(['ap-1-2-3-0', ...ids])).status).toBe(204);
    expect(await harness.byState()).toMatchObject({ completed: 2 });
    expect((await harness.report()).totals).toMatchObject({ ignoredCallbacks: 1, completed: 2 });
  });

  it('in strict mode is 404 for the whole batch, which has no effect', async () => {
    const ids = await enrolled(2);
    await reject('unknownCallbacks');
    const answer = await portal.completeBatch([...ids, 'ap-1-2-3-0']);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      status: 'error',
      category: 'OBJECT_NOT_FOUND',
      message: 'Callback with ID ap-1-2-3-0 not found for App ID 77',
    });
    expect(await harness.byState()).toMatchObject({ waiting: 2, completed: 0 });
  });

  it('is also one of another portal', async () => {
    const [callbackId = ''] = await enrolled(1);
    const other = await harness.portal({ portalId: 5 });
    await reject('unknownCallbacks');
    expect((await other.complete(callbackId)).status).toBe(404);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'waiting' });
  });
});

describe('a malformed entry', () => {
  const MALFORMED = [
    ['no outputFields', {}],
    ['outputFields of the wrong type', { outputFields: 'SUCCESS' }],
    ['an output that is no string', { outputFields: { hs_execution_state: 'SUCCESS', score: 87 } }],
    ['no state', { outputFields: { score: '87' } }],
    ['a state that completes nothing', BLOCK],
  ] as const;

  it.each(MALFORMED)('with %s is answered 204 without effect', async (_name, outputs) => {
    const [callbackId = ''] = await enrolled(1);
    expect((await portal.complete(callbackId, outputs)).status).toBe(204);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'waiting' });
    expect((await harness.report()).totals.ignoredCallbacks).toBe(1);
  });

  it.each(MALFORMED)('with %s is in strict mode 400 for the whole batch', async (_name, outputs) => {
    const [good = '', bad = ''] = await enrolled(2);
    await reject('malformedCallbacks');
    const inputs = [
      { callbackId: good, ...SUCCESS },
      { callbackId: bad, ...outputs },
    ];
    const answer = await portal.post('/automation/actions/callbacks/2026-03/complete', { inputs });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      category: 'VALIDATION_ERROR',
      errors: [{ in: 'inputs[1].outputFields' }],
    });
    expect(await harness.byState()).toMatchObject({ waiting: 2 });
  });

  it('with its state outside of outputFields is answered 204 and has no effect, in strict mode too', async () => {
    const [callbackId = ''] = await enrolled(1);
    await reject('malformedCallbacks');
    expect((await portal.complete(callbackId, { hs_execution_state: 'SUCCESS' })).status).toBe(204);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'waiting' });
  });

  it.each([
    ['that is no JSON', '{"inputs":['],
    ['without inputs', {}],
    ['whose inputs are no list', { inputs: {} }],
  ])('body %s is 400 in every mode', async (_name, body) => {
    expect((await portal.post('/automation/actions/callbacks/2026-03/complete', body)).status).toBe(400);
  });
});

describe('a completion at the wrong time', () => {
  it('that overtakes the BLOCK answer is answered 204 and has no effect', async () => {
    await harness.close();
    harness = await startHarness(() => ({ json: BLOCK, delayMs: 300 }));
    portal = await harness.portal();
    await portal.enrol(1);
    await eventually(() => harness.calls.length === 1);
    const { callbackId } = harness.calls[0]!;
    expect((await portal.complete(callbackId)).status).toBe(204);
    await harness.waiting(1);
    expect((await harness.report()).totals).toMatchObject({ ignoredCallbacks: 1, completed: 0, lost: 1 });
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect((await harness.report()).totals).toMatchObject({ completed: 1, completedTwice: 0, lost: 0 });
  });

  it('that comes within the race window after BLOCK has no effect', async () => {
    await harness.control('PATCH', '/settings', { raceWindowMs: 60_000 });
    const [callbackId = ''] = await enrolled(1);
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'waiting' });
    await harness.control('PATCH', '/settings', { raceWindowMs: 0 });
    await portal.complete(callbackId);
    expect(await harness.execution(callbackId)).toMatchObject({ state: 'completed' });
  });

  it('that comes a second time changes nothing and is counted', async () => {
    const [callbackId = ''] = await enrolled(1);
    await portal.complete(callbackId);
    await portal.complete(callbackId);
    await portal.complete(callbackId, { outputFields: { hs_execution_state: 'FAIL_CONTINUE' } });
    expect(await harness.execution(callbackId)).toMatchObject({ outcome: 'SUCCESS' });
    expect((await harness.report()).totals).toMatchObject({
      completed: 1,
      completedTwice: 1,
      contradicted: 1,
      duplicateCallbacks: 2,
    });
  });

  it('that comes after another integration completed it is a duplicate, not completed twice', async () => {
    const [callbackId = ''] = await enrolled(1);
    expect((await harness.control('POST', `/callbacks/${callbackId}/complete`)).status).toBe(204);
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect((await harness.report()).totals).toMatchObject({
      lost: 0,
      completedTwice: 0,
      duplicateCallbacks: 1,
    });
  });
});
