import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startHarness, type Harness } from './harness.js';

let harness: Harness;
let portal: Awaited<ReturnType<Harness['portal']>>;
let callbackId: string;
beforeEach(async () => {
  harness = await startHarness();
  portal = await harness.portal();
  await portal.enrol(1);
  await harness.waiting(1);
  ({ callbackId } = harness.calls[0]!);
});
afterEach(() => harness.close());

const fault = (plan: Record<string, unknown>) =>
  harness.control('POST', '/faults', { target: 'callbacks', count: 1, ...plan });
const isCompleted = async () => (await harness.execution(callbackId)).state === 'completed';
const lastRequest = async () => (await harness.control('GET', '/requests')).body.items.at(-1);

describe('a fault', () => {
  it.each([400, 403, 423, 477, 500, 502, 524])(
    'answers %d without having applied the request',
    async (status) => {
      await fault({ kind: 'status', status });
      const answer = await portal.complete(callbackId);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ status: 'error', correlationId: expect.any(String) });
      expect(await isCompleted()).toBe(false);
      expect((await portal.complete(callbackId)).status).toBe(204);
      expect(await isCompleted()).toBe(true);
    },
  );

  it('delays the answer', async () => {
    await fault({ kind: 'latency', latencyMs: 120 });
    const startedMs = performance.now();
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(119);
    expect(await isCompleted()).toBe(true);
  });

  it('never answers, holds the connection open and applies nothing', async () => {
    await fault({ kind: 'noAnswer' });
    const asked = fetch(`${harness.url}/automation/actions/callbacks/2026-03/${callbackId}/complete`, {
      method: 'POST',
      headers: { authorization: `Bearer ${portal.token}` },
      body: '{"outputFields":{"hs_execution_state":"SUCCESS"}}',
      signal: AbortSignal.timeout(150),
    });
    await expect(asked).rejects.toThrow(/timeout/);
    expect(await isCompleted()).toBe(false);
    await eventually(async () => (await lastRequest()).ms !== null);
    expect(await lastRequest()).toMatchObject({ status: 0, delivered: false });
  });

  it('resets the connection and applies nothing', async () => {
    await fault({ kind: 'reset' });
    await expect(portal.complete(callbackId)).rejects.toThrow();
    expect(await isCompleted()).toBe(false);
    expect(await lastRequest()).toMatchObject({ delivered: false });
  });

  it('loses the answer of a request that it applied; the repeat is not counted as completed twice', async () => {
    await fault({ kind: 'answerLost' });
    await expect(portal.complete(callbackId)).rejects.toThrow();
    expect(await isCompleted()).toBe(true);
    expect(await lastRequest()).toMatchObject({ status: 204, delivered: false });
    expect((await portal.complete(callbackId)).status).toBe(204);
    expect(await lastRequest()).toMatchObject({ status: 204, delivered: true });
    expect((await harness.report()).totals).toMatchObject({
      completed: 1,
      completedTwice: 0,
      duplicateCallbacks: 1,
    });
  });

  it('answers with a page of HTML', async () => {
    await fault({ kind: 'html' });
    const answer = await portal.complete(callbackId);
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.body).toContain('Ray ID');
    expect(await isCompleted()).toBe(false);
  });

  it('answers with JSON that is cut off', async () => {
    await fault({ kind: 'truncated' });
    const answer = await portal.complete(callbackId);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(typeof answer.body).toBe('string');
    expect(await isCompleted()).toBe(true);
  });

  it.each(['halfClose', 'resetMidBody'])(
    'breaks off with %s after it has applied the request',
    async (kind) => {
      await fault({ kind });
      await expect(portal.complete(callbackId)).rejects.toThrow();
      expect(await isCompleted()).toBe(true);
      await eventually(async () => (await lastRequest()).ms !== null);
      expect(await lastRequest()).toMatchObject({ status: 200, delivered: false });
    },
  );

  it('answers 200 with no JSON, or too much of it; the repeat is not counted as completed twice', async () => {
    await fault({ kind: 'garbage' });
    const garbage = await portal.complete(callbackId);
    expect([garbage.status, typeof garbage.body]).toEqual([200, 'string']);
    await fault({ kind: 'huge' });
    const huge = await portal.complete(callbackId);
    expect(huge.body.results.length).toBeGreaterThan(10 * 1024 * 1024);
    const { lanes } = await harness.report();
    expect(lanes[0]).toMatchObject({ completed: 1, completedTwice: 0 }); // the caller could not know that it had worked
  });

  it('is listed with its hits and ends when it is removed', async () => {
    const { id } = (await fault({ kind: 'status', status: 500, count: 5 })).body;
    await portal.complete(callbackId);
    expect((await harness.control('GET', '/faults')).body.items).toMatchObject([
      { id, kind: 'status', hits: 1 },
    ]);
    expect((await harness.control('DELETE', `/faults/${id}`)).status).toBe(204);
    expect((await harness.control('DELETE', `/faults/${id}`)).status).toBe(404);
    expect((await portal.complete(callbackId)).status).toBe(204);
  });
});
