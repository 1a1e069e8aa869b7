import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startHarness, SUCCESS, type Harness } from './harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe('the report', () => {
  it('measures a lane by the arrival of its completions', async () => {
    const portal = await harness.portal({ steps: [{ max_throughput: '5' }] });
    await portal.enrol(12);
    await harness.waiting(12);
    const ids = harness.calls.map((call) => call.callbackId);
    await portal.completeBatch(ids.slice(0, 5));
    await delay(250);
    await portal.completeBatch(ids.slice(5, 8));
    await portal.completeBatch(ids.slice(8, 9), { outputFields: { hs_execution_state: 'FAIL_CONTINUE' } });

    const report = await harness.report('?windowMs=200');
    expect(report.lanes).toHaveLength(1);
    const [lane] = report.lanes;
    expect(lane).toMatchObject({
      portalId: portal.portalId,
      workflowId: portal.workflowId,
      queue: null,
      actionCalls: 12,
      acknowledged: 12,
      answeredAtOnce: 0,
      completed: 9,
      byOutcome: { SUCCESS: 8, FAIL_CONTINUE: 1 },
      bySluiceStatus: { released: 8 },
      maxInWindow: 5,
      completedTwice: 0,
      neverCompleted: 3,
      expired: 0,
    });
    expect(lane.perWindow.reduce((sum: number, count: number) => sum + count, 0)).toBe(8);
    expect(lane.perWindow[0]).toBe(5);
    expect(lane.longestWaitMs).toBeGreaterThanOrEqual(240);
    expect(lane.firstAckMs).toBeLessThanOrEqual(lane.lastAckMs);
    expect(lane.lastCompletionMs - lane.firstCompletionMs).toBeGreaterThanOrEqual(240);
    expect(report.totals).toMatchObject({ acknowledged: 12, completed: 9, lost: 3, neverCompleted: 3 });
    expect((await harness.report('?windowMs=60000')).lanes[0].maxInWindow).toBe(8);
    expect(report.portals[0]).toMatchObject({
      calls: 3,
      callsByStatus: { 204: 3 },
      maxCallbackCallsIn10s: 3,
    });
  });

  it('measures a named queue as one lane, whichever workflows feed it', async () => {
    const [one, two] = [
      await harness.portal({ steps: [{ queue: 'mail' }] }),
      await harness.portal({ steps: [{ queue: 'mail' }, {}] }),
    ];
    await one.enrol(2);
    await two.enrol(3);
    await harness.waiting(5);
    await one.completeBatch(harness.calls.map((call) => call.callbackId));
    const { lanes } = await harness.report();
    const queue = lanes.find((lane: { queue: string | null }) => lane.queue === 'mail');
    expect(queue).toMatchObject({
      workflowId: null,
      actionId: null,
      acknowledged: 5,
      completed: 5,
      maxInWindow: 5,
    });
    expect(queue.steps).toHaveLength(2);
  });

  it('can be asked of one portal and of one workflow', async () => {
    const [one, two] = [await harness.portal({ portalId: 1 }), await harness.portal({ portalId: 2 })];
    await one.enrol(1);
    await two.enrol(2);
    await harness.waiting(3);
    expect((await harness.report('?portalId=2')).totals.acknowledged).toBe(2);
    expect((await harness.report(`?workflowId=${one.workflowId}`)).totals.acknowledged).toBe(1);
    expect((await harness.report()).totals.acknowledged).toBe(3);
  });
});

it('the recorder shows each request with the hash of its body, page by page', async () => {
  const portal = await harness.portal();
  for (let i = 0; i < 3; i += 1) await portal.complete(`ap-${i}`, SUCCESS);
  const first = (await harness.control('GET', '/requests?limit=2')).body;
  expect(first.items).toHaveLength(2);
  expect(first.items[0]).toMatchObject({
    n: 0,
    portalId: portal.portalId,
    method: 'POST',
    path: '/automation/actions/callbacks/2026-03/ap-0/complete',
    bodySha256: createHash('sha256').update(JSON.stringify(SUCCESS)).digest('hex'),
    status: 204,
    delivered: true,
  });
  const rest = (await harness.control('GET', `/requests?after=${first.next}`)).body;
  expect(rest.items.map((item: { n: number }) => item.n)).toEqual([2]);
});
