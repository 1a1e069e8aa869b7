import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { replanStretch } from '../../../src/db/throttle/replanStretch.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { settleReleases } from '../../../src/db/throttle/settleReleases.js';
import { admitReleases, type Admitted } from '../../../src/db/throttle/admitReleases.js';
import { lookAtPack } from '../../../src/db/throttle/lookAtPack.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';

const settleAll = (rows: readonly Admitted[]) => ({
  ended: rows.map(({ admissionId, fence, executionId }) => ({
    admissionId,
    fence,
    executionId,
    state: 'completed' as const,
    reason: null,
  })),
  closed: [
    ...new Map(
      rows.map((row) => [row.admissionId, { admissionId: row.admissionId, fence: row.fence, ageMs: 0 }]),
    ).values(),
  ],
  again: [],
});

describe('the window', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase({ poolSize: 8 });
  });
  afterAll(() => db.drop());

  const admit = (laneIds: string[], options: Partial<Parameters<typeof admitReleases>[1]> = {}) =>
    admitReleases(db.pool, {
      workspaceId: WORKSPACE,
      laneIds,
      max: 100,
      owner: 'test',
      leaseMs: 5000,
      holdMs: 0,
      ...options,
    });

  it('never lets more than N go in any window, whoever asks, with answers that take their time', async () => {
    const limit = 5;
    const intervalMs = 300;
    const laneId = await seedLane(db.admin, { limit, intervalMs });
    await intakeExecutions(db.pool, callsFor(laneId, 60), LIMITS);
    const { rows } = await db.admin.query<{ id: string; seq: string }>(
      'SELECT id, seq FROM executions WHERE lane_id = $1',
      [laneId],
    );
    const place = new Map(rows.map(({ id, seq }) => [id, Number(seq)]));
    const arrivals: { at: number; executionId: string; round: number }[] = [];
    let round = 0;
    const worker = async (owner: string): Promise<void> => {
      while (arrivals.length < 60) {
        const { admitted, lanes } = await admit([laneId], { owner });
        round += 1;
        for (const { executionId } of admitted) arrivals.push({ at: performance.now(), executionId, round });
        if (admitted.length > 0) {
          await delay(Math.random() * 30); // the round trip: the answer comes after the arrival
          await settleReleases(db.pool, WORKSPACE, settleAll(admitted));
        } else {
          await delay(Math.min(50, Math.max(1, lanes[0]?.nextInMs ?? 5)));
        }
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(worker));
    expect(new Set(arrivals.map((one) => one.executionId)).size).toBe(60);
    arrivals.forEach(({ at }, k) => {
      if (k >= limit) expect(at - arrivals[k - limit]!.at).toBeGreaterThanOrEqual(intervalMs);
    });
    // in the order of the lane; those of one admission go together
    const places = arrivals.toSorted(
      (a, b) => a.round - b.round || place.get(a.executionId)! - place.get(b.executionId)!,
    );
    expect(places.map((one) => place.get(one.executionId))).toEqual(
      [...place.values()].sort((a, b) => a - b),
    );
  });

  it('says when it opens again', async () => {
    const laneId = await seedLane(db.admin, { limit: 2, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 3), LIMITS);
    const first = await admit([laneId]);
    expect(first.admitted).toHaveLength(2);
    await settleReleases(db.pool, WORKSPACE, settleAll(first.admitted));
    const { admitted, lanes } = await admit([laneId]);
    expect(admitted).toHaveLength(0);
    expect(lanes[0]?.nextInMs).toBeGreaterThan(59_000);
    expect(lanes[0]?.nextInMs).toBeLessThanOrEqual(60_000);
  });

  it('holds a release back until HubSpot has had time to handle the BLOCK answer', async () => {
    const laneId = await seedLane(db.admin, { limit: 5, intervalMs: 1000 });
    await intakeExecutions(db.pool, callsFor(laneId, 1), { ...LIMITS, holdMs: 30_000 });
    const { admitted, lanes } = await admit([laneId], { holdMs: 30_000 });
    expect(admitted).toHaveLength(0);
    expect(lanes[0]?.nextInMs).toBeGreaterThan(25_000);
  });

  it('sends again, in the same place of the window, what was not reported in time; the former holder is ignored', async () => {
    const laneId = await seedLane(db.admin, { limit: 2, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
    const lost = await admit([laneId], { owner: 'dead', leaseMs: 0 });
    expect(lost.admitted).toHaveLength(2);
    const retaken = await admit([laneId], { owner: 'alive' });
    expect(retaken.admitted.map((row) => row.executionId)).toEqual(
      lost.admitted.map((row) => row.executionId),
    );
    expect(retaken.admitted.every((row) => row.fence === 1)).toBe(true);
    expect(await settleReleases(db.pool, WORKSPACE, settleAll(lost.admitted))).toEqual([]);
    expect(await settleReleases(db.pool, WORKSPACE, settleAll(retaken.admitted))).toHaveLength(2);
    expect((await admit([laneId])).admitted).toHaveLength(0);
  });

  it('keeps what is to be sent again in its place until it is answered', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 100 });
    await intakeExecutions(db.pool, callsFor(laneId, 2), LIMITS);
    const { admitted } = await admit([laneId]);
    const { admissionId, fence } = admitted[0]!;
    await settleReleases(db.pool, WORKSPACE, {
      ended: [],
      closed: [],
      again: [{ admissionId, fence, inMs: 0 }],
    });
    const again = await admit([laneId]);
    expect(again.admitted.map((row) => row.executionId)).toEqual([admitted[0]!.executionId]);
    expect(again.admitted[0]?.attempts).toBe(2);
  });

  it('lets nothing go while the lane is paused, and all that must end out of turn at once', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 60_000 });
    const answers = await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
    await db.admin.query(`UPDATE lanes SET paused_at = now() WHERE id = $1`, [laneId]);
    expect((await admit([laneId])).admitted).toHaveLength(0);
    await db.admin.query(`UPDATE executions SET end_requested = 'cancelled' WHERE id = ANY($1::bigint[])`, [
      answers.slice(1, 3).map((answer) => answer.executionId),
    ]);
    const { admitted } = await admit([laneId]);
    expect(admitted.map((row) => row.ending)).toEqual(['cancelled', 'cancelled']);
    await settleReleases(db.pool, WORKSPACE, settleAll(admitted));
    await db.admin.query(`UPDATE lanes SET paused_at = NULL WHERE id = $1`, [laneId]);
    expect((await admit([laneId])).admitted).toHaveLength(1); // endings took no place in the window
  });

  it('spreads releases evenly when asked to', async () => {
    const laneId = await seedLane(db.admin, { limit: 10, intervalMs: 20_000, spread: true });
    await intakeExecutions(db.pool, callsFor(laneId, 5), LIMITS);
    const first = await admit([laneId]);
    expect(first.admitted).toHaveLength(1);
    const second = await admit([laneId]);
    expect(second.admitted).toHaveLength(0);
    expect(second.lanes[0]?.nextInMs).toBeGreaterThan(1500);
    expect(second.lanes[0]?.nextInMs).toBeLessThanOrEqual(2000);
  });

  it('obeys a lowered rate at once and gives no fresh burst to a raised one', async () => {
    const laneId = await seedLane(db.admin, { limit: 10, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 40), LIMITS);
    const first = await admit([laneId]);
    await settleReleases(db.pool, WORKSPACE, settleAll(first.admitted));
    await db.admin.query('UPDATE lanes SET rate_limit = 3 WHERE id = $1', [laneId]);
    expect((await admit([laneId])).admitted).toHaveLength(0);
    await db.admin.query('UPDATE lanes SET rate_limit = 25 WHERE id = $1', [laneId]);
    expect((await admit([laneId])).admitted).toHaveLength(15);
  });

  it('plans anew what the window will really do, in stretches of any size', async () => {
    const laneId = await seedLane(db.admin, { limit: 4, intervalMs: 10_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 14), LIMITS);
    const first = await admit([laneId], { max: 3 });
    await settleReleases(db.pool, WORKSPACE, settleAll(first.admitted));
    await db.admin.query('UPDATE lanes SET rate_limit = 2, rate_interval_ms = 20000 WHERE id = $1', [laneId]);
    let afterSeq = '-1';
    let ahead = 0;
    for (;;) {
      const { lastSeq, planned } = await replanStretch(db.pool, {
        ...ours(laneId),
        afterSeq,
        ahead,
        max: 4,
        holdMs: 0,
      });
      ahead += planned;
      if (lastSeq === null) break;
      afterSeq = lastSeq;
    }
    const { rows } = await db.admin.query<{ s: number }>(
      'SELECT round(extract(epoch FROM planned_at - clock_timestamp()))::int AS s FROM executions WHERE lane_id = $1 ORDER BY seq',
      [laneId],
    );
    // three of two places are used: both free in 20 s
    expect(rows.map((row) => row.s)).toEqual([20, 20, 40, 40, 60, 60, 80, 80, 100, 100, 120]);
  });

  it('shows a workflow how many are left and when the first of them can go', async () => {
    const laneId = await seedLane(db.admin, { limit: 2, intervalMs: 30_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 6), LIMITS);
    const head = await takePack(db.pool, ours(laneId), 3);
    const tail = await takePack(db.pool, ours(laneId), 100);
    expect([head?.size, tail?.size]).toEqual([3, 3]);
    expect(await takePack(db.pool, ours(laneId), 100)).toBeUndefined();
    const first = await lookAtPack(db.pool, head!, 1000, 0);
    expect(first).toMatchObject({ sending: 0, ending: 0, paused: false });
    expect(first?.remaining).toHaveLength(3);
    expect(first!.nextInMs!).toBeLessThan(1000);
    const last = await lookAtPack(db.pool, tail!, 1000, 0);
    expect(Math.round(last!.nextInMs! / 1000)).toBe(30);
    await settleReleases(db.pool, WORKSPACE, settleAll((await admit([laneId])).admitted));
    const later = await lookAtPack(db.pool, tail!, 1000, 0);
    expect(Math.round(later!.nextInMs! / 1000)).toBe(30);
    expect((await lookAtPack(db.pool, head!, 1000, 0))?.remaining).toHaveLength(1);
  });

  it('marks for a timely end what HubSpot would soon give up', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 2), {
      ...LIMITS,
      blockMinMs: 2000,
      blockMaxMs: 100_000_000,
    });
    const pack = await takePack(db.pool, ours(laneId), 100);
    await db.admin.query(
      `UPDATE executions SET expires_at = clock_timestamp() + interval '3 s' WHERE lane_id = $1 AND seq = 1`,
      [laneId],
    );
    const claim = await lookAtPack(db.pool, pack!, 5000, 0);
    expect(claim?.ending).toBeGreaterThanOrEqual(1);
    const { admitted } = await admit([laneId]);
    expect(admitted.map((row) => row.ending)).toContain('expired');
  });
});
