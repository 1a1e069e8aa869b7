import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Lane } from '../support/apiClient.js';
import type { SandboxExecution } from '../support/sandboxClient.js';
import { findLeaks } from '../support/canaries.js';
import { startStack, until, type Flow, type Stack } from '../support/stack.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const FIFTY_PER_SECOND = { limit: 50, intervalMs: 1000 };
const run = promisify(execFile);

describe('An operator', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack({ env: { THROTTLE_MAX_PER_WORKFLOW: '1' } });
    portalId = await stack.connectPortal();
  }, 90_000);
  afterAll(() => stack?.stop(), 30_000);

  /** A lane with `count` executions of which the window lets one go: the others wait. */
  async function laneWithWaiting(count: number): Promise<{ flow: Flow; lane: Lane }> {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: ONE_PER_HOUR }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: count + 1 });
    const lane = await until(
      `one has gone and ${count} wait in workflows of their own`,
      async () => {
        const found = await laneOf(flow);
        const { rows } = await stack.pool.query<{ started: boolean }>(
          'SELECT p.started_at IS NOT NULL AS started FROM executions e LEFT JOIN packs p ON p.id = e.pack_id WHERE e.lane_id = $1',
          [found?.id],
        );
        return rows.length === count && rows.every(({ started }) => started) && found;
      },
      15_000,
    );
    return { flow, lane };
  }
  const laneOf = async (flow: Flow) =>
    (await stack.api.lanes(portalId)).find((lane) => lane.workflowId === String(flow.workflowId));
  const waitingOf = async (lane: Lane) =>
    (await stack.api.executions({ laneId: lane.id, state: 'waiting' })).toReversed();
  const seenByHubSpot = async (flow: Flow) =>
    (await stack.sandbox.enrolments(flow)).items.map(({ current }) => current!);
  const ended = (callbackId: string, deadlineMs = 10_000): Promise<SandboxExecution> =>
    until(
      `HubSpot has ${callbackId} back`,
      async () => {
        const execution = await stack.sandbox.execution(callbackId);
        return execution.state === 'completed' && execution;
      },
      deadlineMs,
    );

  it('pauses a lane, which then lets nothing go, and resumes it', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: FIFTY_PER_SECOND }] });
    const other = await stack.addFlow(portalId, { steps: [{ rate: FIFTY_PER_SECOND }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    const { id } = await until('the lane is there', () => laneOf(flow), 5000);
    expect(await stack.api.changeLane(id, { paused: true })).toMatchObject({
      paused: { at: expect.any(String) },
    });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 10 });
    await until('they wait', async () => (await stack.api.lane(id)).waiting >= 10, 5000);
    // What comes later to a lane that flows is through: time enough has passed for the paused one.
    await stack.sandbox.enrol(portalId, other.workflowId, { count: 5 });
    await until(
      'the other lane is through',
      async () => (await stack.sandbox.enrolments(other)).byState['completed'] === 5,
      10_000,
    );
    const paused = await stack.api.lane(id);
    expect(paused.waiting).toBeGreaterThanOrEqual(10);

    await stack.api.changeLane(id, { paused: false });
    await until(
      'all have gone',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 11,
      5000,
    );
  });

  it('edits a rate, which takes effect at once and keeps to its window', async () => {
    const { flow, lane } = await laneWithWaiting(40);
    const from = performance.now();
    await stack.api.changeLane(lane.id, { rate: { limit: 20, intervalMs: 2000 } });
    await until(
      'the first have gone at the new rate',
      async () => (await stack.sandbox.report({ workflowId: flow.workflowId })).totals.completed >= 20,
      10_000,
    );
    expect(performance.now() - from).toBeLessThan(4000);
    await until(
      'all have gone',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 41,
      15_000,
    );
    const { lanes } = await stack.sandbox.report({ workflowId: flow.workflowId, windowMs: 2000 });
    expect(lanes[0]).toMatchObject({ completed: 41, maxInWindow: 20, completedTwice: 0 });
  });

  it('cancels one execution by the API: HubSpot goes on with sluice_status cancelled', async () => {
    const { lane } = await laneWithWaiting(2);
    const [first, second] = await waitingOf(lane);
    const answer = await stack.api.post(`/api/executions/${first!.id}/cancel`);
    expect(answer.status).toBe(202);
    expect(await ended(first!.callbackId)).toMatchObject({
      outcome: 'FAIL_CONTINUE',
      outputs: { sluice_status: 'cancelled' },
    });
    expect(await stack.sandbox.execution(second!.callbackId)).toMatchObject({ state: 'waiting' });
    await until(
      'it is booked',
      async () => (await stack.api.executions({ laneId: lane.id, state: 'cancelled' })).length === 1,
      5000,
    );
    expect((await stack.api.post(`/api/executions/${first!.id}/cancel`)).status).toBe(409);
  });

  it('cancels the Temporal workflow of one: HubSpot goes on with sluice_status cancelled', async () => {
    const { lane } = await laneWithWaiting(2);
    const [first, second] = await waitingOf(lane);
    const workflow = stack.temporal.workflow.getHandle(`throttle/${portalId}/${first!.callbackId}`);
    await workflow.cancel();
    expect(await ended(first!.callbackId)).toMatchObject({
      outcome: 'FAIL_CONTINUE',
      outputs: { sluice_status: 'cancelled' },
    });
    await until(
      'the workflow has ended as cancelled',
      async () => (await workflow.describe()).status.name === 'CANCELLED',
      10_000,
    );
    expect(await stack.sandbox.execution(second!.callbackId)).toMatchObject({ state: 'waiting' });
  });

  it('releases one to the head of its lane: it takes the next place, and the rate holds', async () => {
    const { flow, lane } = await laneWithWaiting(4);
    const waiting = await waitingOf(lane);
    const last = waiting.at(-1)!;
    expect(await stack.api.must('POST', `/api/executions/${last.id}/release`, {})).toMatchObject({
      position: 0,
    });
    await stack.api.changeLane(lane.id, { rate: { limit: 1, intervalMs: 500 } });
    await until(
      'all have gone',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 5,
      15_000,
    );
    const order = (await seenByHubSpot(flow)).sort((a, b) => a.completedMs! - b.completedMs!);
    expect(order[1]!.callbackId).toBe(last.callbackId);
    const { lanes } = await stack.sandbox.report({ workflowId: flow.workflowId, windowMs: 500 });
    expect(lanes[0]).toMatchObject({ completed: 5, maxInWindow: 1, completedTwice: 0 });
  });

  it('sees one callback that HubSpot no longer knows end as gone, and the others of its batch complete', async () => {
    await stack.sandbox.settings({ unknownCallbacks: 'reject' });
    const flow = await stack.addFlow(portalId, { steps: [{ rate: FIFTY_PER_SECOND }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    const { id } = await until('the lane is there', () => laneOf(flow), 5000);
    await stack.api.changeLane(id, { paused: true });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 20 });
    await until('they wait', async () => (await stack.api.lane(id)).waiting >= 20, 10_000);
    const poison = (await seenByHubSpot(flow)).at(-7)!;
    await stack.sandbox.expire(poison.callbackId);

    await stack.api.changeLane(id, { paused: false });
    await until(
      'the others complete',
      async () => (await stack.sandbox.report({ workflowId: flow.workflowId })).totals.completed === 20,
      10_000,
    );
    const [gone] = await until(
      'the poisoned one is booked',
      async () => {
        const found = await stack.api.executions({ laneId: id, state: 'gone' });
        return found.length > 0 && found;
      },
      10_000,
    );
    expect(gone).toMatchObject({
      callbackId: poison.callbackId,
      reason: expect.stringContaining('does not know'),
    });
    await stack.sandbox.settings({ unknownCallbacks: 'accept' });
  });

  it("sets the rate of an action with POST /api/config, over the step's own", async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: ONE_PER_HOUR }] });
    await stack.api.must('POST', '/api/config', {
      portal_id: portalId,
      action_id: flow.actionDefinitionId,
      max_throughput: '50',
      time: 1,
      period: 'seconds',
    });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 10 });
    await until(
      'all have gone',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 10,
      10_000,
    );
    expect((await laneOf(flow))!.rate).toMatchObject({ limit: 50, intervalMs: 1000, source: 'config' });
  });

  it('lists and pauses lanes on the command line', async () => {
    const flow = await stack.addFlow(portalId, { steps: [{ rate: FIFTY_PER_SECOND }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 1 });
    const { id } = await until('the lane is there', () => laneOf(flow), 5000);
    const sluice = async (...args: string[]) => {
      const { stdout } = await run(process.execPath, ['bin/sluice.mjs', ...args], {
        cwd: ROOT,
        env: {
          PATH: process.env.PATH,
          SLUICE_API_URL: stack.apis[0]!.url,
          SLUICE_API_KEY: stack.secrets.apiKey,
        },
      });
      return stdout;
    };
    expect(await sluice('lanes', 'list', '--json')).toContain(`step:${flow.workflowId}/`);
    await sluice('lanes', 'pause', id);
    expect((await stack.api.lane(id)).paused).not.toBeNull();
    await sluice('lanes', 'resume', id);
    expect((await stack.api.lane(id)).paused).toBeNull();
  }, 30_000);

  it('finds no token, client secret or API key in logs, metrics or Temporal', async () => {
    expect(await findLeaks(stack)).toEqual([]);
  }, 30_000);
});
