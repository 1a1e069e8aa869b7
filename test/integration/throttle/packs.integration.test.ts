import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lookAtPack } from '../../../src/db/throttle/lookAtPack.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import {
  cancelPack,
  claimedPacks,
  finishPack,
  lanesWithOrphans,
  markPackStarted,
  packsLeftOver,
  packsToEnd,
  packsOfLaneToNudge,
  packsToStart,
  setPackWake,
  takePack,
} from '../../../src/db/throttle/packs.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';

describe('packs', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const laneOf = async (count: number, rate = { limit: 1, intervalMs: 3_600_000 }): Promise<string> => {
    const laneId = await seedLane(db.admin, { ...rate, portalId: 5 });
    await intakeExecutions(db.pool, callsFor(laneId, count, 5), LIMITS);
    return laneId;
  };
  const pack = async (laneId: string, max = 100) => {
    const taken = await takePack(db.pool, ours(laneId), max);
    if (!taken) throw new Error('nothing to take');
    return taken;
  };
  const ids = (rows: readonly { packId: string }[]) => rows.map((row) => row.packId);

  it('take each execution once, in order, even when many take at the same time', async () => {
    const laneId = await laneOf(50);
    const taken = await Promise.all(Array.from({ length: 5 }, () => takePack(db.pool, ours(laneId), 10)));
    expect(taken.map((one) => one?.size)).toEqual([10, 10, 10, 10, 10]);
    expect(await takePack(db.pool, ours(laneId), 10)).toBeUndefined();
    const { rows } = await db.admin.query('SELECT 1 FROM executions WHERE lane_id = $1 AND pack_id IS NULL', [
      laneId,
    ]);
    expect(rows).toHaveLength(0);
  });

  it('are named after the portal and the first callback, and ride alone where the lane says so', async () => {
    const laneId = await laneOf(2);
    await db.admin.query('UPDATE lanes SET max_per_workflow = 1 WHERE id = $1', [laneId]);
    const first = await pack(laneId);
    expect(first.size).toBe(1);
    expect(first.workflowId).toBe(`throttle/5/${first.headCallbackId}`);
  });

  it('get another name where theirs is taken: by a call that comes again after its key is gone', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 1000, portalId: 5 });
    const [call] = callsFor(laneId, 1, 5);
    if (!call) throw new Error('no call');
    await intakeExecutions(db.pool, [call], LIMITS);
    const first = await pack(laneId);
    await db.admin.query('DELETE FROM executions WHERE lane_id = $1', [laneId]);
    await db.admin.query('DELETE FROM execution_keys WHERE callback_id = $1', [call.callbackId]);
    await finishPack(db.pool, first);
    await intakeExecutions(db.pool, [call], LIMITS);
    const again = await pack(laneId);
    expect(again.workflowId).toMatch(new RegExp(`^${first.workflowId}/\\d+-0$`));
  });

  it('are found when their start was lost, and when their workflow is overdue', async () => {
    const laneId = await laneOf(1);
    const lost = await pack(laneId);
    expect(ids(await packsToStart(db.pool, 0, 60_000, 100))).toContain(lost.packId);
    await markPackStarted(db.pool, lost);
    expect(ids(await packsToStart(db.pool, 0, 60_000, 100))).not.toContain(lost.packId);
    await db.admin.query(
      `UPDATE packs SET due_at = now() - interval '2 min', wake_at = now() - interval '2 min' WHERE id = $1`,
      [lost.packId],
    );
    const found = (await packsToStart(db.pool, 0, 60_000, 100)).find((one) => one.packId === lost.packId);
    expect(found).toMatchObject({
      workflowId: lost.workflowId,
      laneId,
      size: 1,
      headCallbackId: lost.headCallbackId,
      portalId: 5,
    });
    await db.admin.query('UPDATE lanes SET paused_at = now() WHERE id = $1', [laneId]);
    expect(ids(await packsToStart(db.pool, 0, 60_000, 100))).not.toContain(lost.packId);
  });

  it('are made of orphans, too: lanes with executions that ride nowhere are found', async () => {
    const orphans = async (afterMs: number) =>
      (await lanesWithOrphans(db.pool, afterMs, 100)).map((lane) => lane.laneId);
    const laneId = await laneOf(1);
    expect(await orphans(60_000)).not.toContain(laneId);
    expect(await orphans(0)).toContain(laneId);
    await pack(laneId);
    expect(await orphans(0)).not.toContain(laneId);
  });

  it('count as claimed once an activity looked', async () => {
    const one = await pack(await laneOf(1));
    expect(await claimedPacks(db.pool, [one])).toEqual([]);
    await lookAtPack(db.pool, one, 1000, 0);
    expect(await claimedPacks(db.pool, [one])).toEqual([one.packId]);
  });

  it('are woken once when their time came nearer, and not while the lane is paused', async () => {
    const laneId = await laneOf(3);
    const one = await pack(laneId);
    await markPackStarted(db.pool, one);
    await setPackWake(db.pool, one, 3_600_000);
    await db.admin.query('UPDATE packs SET due_at = now() WHERE id = $1', [one.packId]);
    const nudge = () => packsOfLaneToNudge(db.pool, ours(laneId), { withinMs: 1000, slackMs: 2000, max: 10 });
    await db.admin.query('UPDATE lanes SET paused_at = now() WHERE id = $1', [laneId]);
    expect(await nudge()).toEqual([]);
    await db.admin.query('UPDATE lanes SET paused_at = NULL WHERE id = $1', [laneId]);
    expect(await nudge()).toEqual([
      { workspaceId: WORKSPACE, packId: one.packId, workflowId: one.workflowId },
    ]);
    expect(await nudge()).toEqual([]);
    await setPackWake(db.pool, one, null);
    expect(await nudge()).toHaveLength(1);
  });

  it('are woken when something of them is to end out of turn, and finished when nothing is left', async () => {
    const laneId = await laneOf(2);
    const one = await pack(laneId);
    await markPackStarted(db.pool, one);
    await setPackWake(db.pool, one, 3_600_000);
    expect(await packsToEnd(db.pool, ours(laneId), 10)).toEqual([]);
    expect(await cancelPack(db.pool, one)).toBe(2);
    expect(await packsToEnd(db.pool, ours(laneId), 10)).toEqual([
      { workspaceId: WORKSPACE, packId: one.packId, workflowId: one.workflowId },
    ]);
    await db.admin.query('DELETE FROM executions WHERE pack_id = $1', [one.packId]);
    await db.admin.query(`UPDATE packs SET started_at = now() - interval '1 min' WHERE id = $1`, [
      one.packId,
    ]);
    expect(ids((await packsLeftOver(db.pool, '0', 100)).packs)).toContain(one.packId);
    await finishPack(db.pool, one);
    expect(ids((await packsLeftOver(db.pool, '0', 100)).packs)).not.toContain(one.packId);
  });

  it('are finished too when another workflow let their executions go before they were started, or they are gone', async () => {
    const [unstarted, gone] = [await pack(await laneOf(1)), await pack(await laneOf(1))];
    const finishable = async () => ids((await packsLeftOver(db.pool, '0', 100)).packs);
    for (const { packId } of [unstarted, gone]) {
      await db.admin.query('DELETE FROM executions WHERE pack_id = $1', [packId]);
      await db.admin.query(`UPDATE packs SET created_at = now() - interval '1 min' WHERE id = $1`, [packId]);
    }
    expect(await finishable()).toEqual(expect.arrayContaining([unstarted.packId, gone.packId]));

    await db.admin.query(
      `UPDATE packs SET started_at = now() - interval '1 min', wake_at = now() WHERE id = $1`,
      [gone.packId],
    );
    expect(await finishable()).not.toContain(gone.packId); // it is about to look
    await db.admin.query(`UPDATE packs SET wake_at = now() - interval '2 min' WHERE id = $1`, [gone.packId]);
    expect(await finishable()).toContain(gone.packId);
  });

  it('carry nothing when they are done: what would ride in one all the same is taken by another', async () => {
    const laneId = await laneOf(1);
    const one = await pack(laneId);
    await finishPack(db.pool, one);
    const again = await pack(laneId);
    expect(again.workflowId).not.toBe(one.workflowId);
  });
});
