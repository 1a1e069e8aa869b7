import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { seedLane } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
let laneId: string;
beforeEach(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { portalId: 7, limit: 100, intervalMs: 10_000 });
  await harness.database.admin.query(
    `UPDATE lanes SET action_id = '55', rate_source = 'default' WHERE id = $1`,
    [laneId],
  );
});
afterEach(() => harness.close());

const rate = { portal_id: '7', action_id: '55', max_throughput: '50', time: '5', period: 'seconds' };

describe('POST /api/config', () => {
  it("takes strings and numbers alike, and is in force for the action's lanes when it answers", async () => {
    const asStrings = await harness.api.post('/api/config', rate);
    expect(asStrings).toMatchObject({
      status: 200,
      body: {
        portal_id: 7,
        action_id: '55',
        max_throughput: 50,
        time: 5,
        period: 'seconds',
        rate: '50 per 5 seconds',
        lanes_changed: 1,
      },
    });
    expect((await harness.api.lane(laneId)).rate).toMatchObject({
      limit: 50,
      intervalMs: 5000,
      source: 'config',
      override: null,
    });
    expect(harness.controlCalls).toEqual([`replan ${laneId}`]);

    const asNumbers = await harness.api.post('/api/config', {
      portal_id: 7,
      action_id: 55,
      max_throughput: 2,
      time: 1,
      period: 'Day',
    });
    expect(asNumbers).toMatchObject({ status: 200, body: { max_throughput: 2, time: 1, period: 'days' } });
    expect((await harness.api.lane(laneId)).rate).toMatchObject({ limit: 2, intervalMs: 86_400_000 });
  });

  it.each([
    ['portal_id', 0],
    ['portal_id', -7],
    ['portal_id', 'seven'],
    ['action_id', ''],
    ['action_id', { a: 1 }],
    ['max_throughput', 0],
    ['max_throughput', -1],
    ['max_throughput', 1e9],
    ['max_throughput', 1.5],
    ['max_throughput', 'abc'],
    ['max_throughput', null],
    ['time', 0],
    ['time', '10 per potato'],
    ['time', 1e15],
    ['period', 'potato'],
    ['period', 'constructor'],
    ['period', ''],
  ])('refuses %s = %j with the path of the field, and changes nothing', async (field, value) => {
    const answer = await harness.api.post<{ errors: { path: string; message: string }[] }>('/api/config', {
      ...rate,
      [field]: value,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ path }) => path)).toEqual([field]);
    expect(harness.controlCalls).toEqual([]);
    expect((await harness.api.get<{ items: unknown[] }>('/api/config')).body.items).toEqual([]);
  });

  it("leaves other portals' lanes and lanes with a rate of their own alone", async () => {
    const { admin } = harness.database;
    const elsewhere = await seedLane(admin, { portalId: 8, limit: 9, intervalMs: 1000 });
    const own = await seedLane(admin, { portalId: 7, limit: 9, intervalMs: 1000 });
    await admin.query(`UPDATE lanes SET action_id = '55' WHERE id = ANY ($1)`, [[elsewhere, own]]);
    await harness.api.changeLane(own, { rate: { limit: 9, intervalMs: 1000 } });
    harness.controlCalls.length = 0;

    await harness.api.post('/api/config', rate);
    expect(harness.controlCalls).toEqual([`replan ${laneId}`]);
    for (const id of [elsewhere, own])
      expect((await harness.api.lane(id)).rate).toMatchObject({ limit: 9, intervalMs: 1000, source: 'lane' });
  });

  it('knows only portals of its own workspace', async () => {
    expect((await harness.api.post('/api/config', { ...rate, portal_id: 999 })).status).toBe(404);
    const others = await harness.client({ workspaceId: OTHER_WORKSPACE });
    expect((await others.post('/api/config', rate)).status).toBe(404);
    expect((await harness.api.lane(laneId)).rate.source).toBe('default');
  });

  it('does not deadlock with an intake that locks the same lanes', async () => {
    const { admin } = harness.database;
    const more = await Promise.all(
      Array.from({ length: 20 }, () => seedLane(admin, { portalId: 7, limit: 1, intervalMs: 1000 })),
    );
    await admin.query(`UPDATE lanes SET action_id = '55'`);
    const lockAll = () =>
      admin.query('SELECT 1 FROM lanes WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [
        [...more].reverse(),
      ]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await lockAll();
        return (await harness.api.post('/api/config', { ...rate, max_throughput: n + 1 })).status;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
  });
});

describe('a stored configuration', () => {
  it('is found by portal and action, listed in pages, and gone when it is deleted', async () => {
    for (const action of ['55', '56', 'a-7'])
      await harness.api.post('/api/config', { ...rate, action_id: action });
    expect((await harness.api.get('/api/config/7/56')).body).toMatchObject({
      action_id: '56',
      rate: '50 per 5 seconds',
    });

    type Page = { items: { action_id: string }[]; next: string | null };
    const first = (await harness.api.get<Page>('/api/config?portal_id=7&limit=2')).body;
    const second = (await harness.api.get<Page>(`/api/config?portal_id=7&limit=2&after=${first.next}`)).body;
    expect([...first.items, ...second.items].map((item) => item.action_id)).toEqual(['55', '56', 'a-7']);
    expect(second.next).toBeNull();
    // A full page is the last one, too, when nothing is behind it.
    expect((await harness.api.get<Page>('/api/config?portal_id=7&limit=3')).body.next).toBeNull();

    expect((await harness.api.delete('/api/config/7/55')).status).toBe(204);
    expect((await harness.api.get('/api/config/7/55')).status).toBe(404);
    expect((await harness.api.delete('/api/config/7/55')).status).toBe(404);
    expect((await harness.api.lane(laneId)).rate).toMatchObject({
      limit: 100,
      intervalMs: 10_000,
      source: 'default',
    });
    expect(harness.controlCalls.at(-1)).toBe(`replan ${laneId}`);
  });
});
