import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, until, type Stack } from '../support/stack.js';

describe('What would wait longer than HubSpot holds it', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack({
      env: {
        THROTTLE_BLOCK_MIN_MS: '8000',
        THROTTLE_BLOCK_MAX_MS: '60000',
        THROTTLE_EXPIRY_GUARD_MS: '3000',
      },
    });
    portalId = await stack.connectPortal();
  }, 90_000);
  afterAll(() => stack?.stop(), 30_000);

  it('is completed as expired before HubSpot gives it up', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: { limit: 5, intervalMs: 1000 } }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    const { id: laneId } = await until(
      'the lane is there',
      async () => (await stack.api.lanes(portalId))[0],
      5000,
    );
    await stack.api.changeLane(laneId, { paused: true });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 4 });
    await until(
      'HubSpot has all five back',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 5,
      15_000,
    );

    const { lanes } = await stack.sandbox.report({ workflowId: flow.workflowId });
    expect(lanes[0]).toMatchObject({ acknowledged: 5, completed: 5, expired: 0, neverCompleted: 0 });
    expect(lanes[0]!.bySluiceStatus['expired']).toBeGreaterThanOrEqual(4);
    expect(lanes[0]!.byOutcome['FAIL_CONTINUE']).toBe(lanes[0]!.bySluiceStatus['expired']);
    expect(await stack.api.executions({ laneId, state: 'expired' })).toHaveLength(
      lanes[0]!.bySluiceStatus['expired']!,
    );
  });

  it('is refused at once when the plan says so, without a place in the queue', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: { limit: 2, intervalMs: 3_600_000 } }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 5 });
    await until(
      'HubSpot has all five back',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 5,
      15_000,
    );
    const { lanes } = await stack.sandbox.report({ workflowId: flow.workflowId });
    expect(lanes[0]).toMatchObject({
      acknowledged: 2,
      answeredAtOnce: 3,
      bySluiceStatus: { released: 2, refused: 3 },
    });
    const refused = (await stack.sandbox.enrolments(flow)).items.flatMap(({ current }) =>
      current?.state === 'answered' ? [current.outputs] : [],
    );
    expect(refused[0]).toMatchObject({
      sluice_status: 'refused',
      sluice_wait_seconds: expect.stringMatching(/^3[56]\d\d$/),
    });
  });
});
