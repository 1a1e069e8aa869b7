import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { replanStretch } from '../../../src/db/throttle/replanStretch.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { settleReleases } from '../../../src/db/throttle/settleReleases.js';
import { admitReleases, type Admitted } from '../../../src/db/throttle/admitReleases.js';
import { lookAtPack } from '../../../src/db/throttle/lookAtPack.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { explain, pagesOf } from '../../support/plans.js';
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

  it('lets the higher priority go first and equal ones as they came, and plans so, over any sequence', async () => {
    const step = fc.oneof(
      fc.record({ take: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }) }),
      fc.record({ admit: fc.integer({ min: 1, max: 5 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const laneId = await seedLane(db.admin, { limit: 1000, intervalMs: 60_000 });
        let waiting: { executionId: string; priority: number }[] = [];
        for (const one of steps) {
          if ('take' in one) {
            const answers = await intakeExecutions(
              db.pool,
              one.take.map((priority) => ({ ...callsFor(laneId, 1)[0]!, asked: { priority } })),
              LIMITS,
            );
            expect(answers.map(({ state }) => state)).toEqual(one.take.map(() => 'waiting'));
            answers.forEach(({ executionId }, n) => waiting.push({ executionId, priority: one.take[n]! }));
          } else {
            const inOrder = waiting.toSorted((a, b) => b.priority - a.priority).map((row) => row.executionId);
            const { admitted } = await admit([laneId], { max: one.admit });
            const went = new Set(admitted.map((row) => row.executionId));
            expect(went).toEqual(new Set(inOrder.slice(0, one.admit)));
            waiting = waiting.filter((row) => !went.has(row.executionId));
          }
        }
      }),
      { numRuns: 25 },
    );
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 10_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 3), LIMITS);
    const asked = (priority: number) => ({ ...callsFor(laneId, 1)[0]!, asked: { priority } });
    const answers = await intakeExecutions(db.pool, [asked(2), asked(8), asked(5), asked(8)], LIMITS);
    expect(answers.map(({ plannedInMs }) => Math.round(plannedInMs! / 10_000))).toEqual([6, 0, 5, 1]);
    expect(answers.map(({ place }) => place)).toEqual([7, 1, 6, 2]);
  });

  it('gives a place to what starts later when its start has come, behind those that came before, and not earlier', async () => {
    const laneId = await seedLane(db.admin, { limit: 2, intervalMs: 60_000 });
    const startsAt = new Date(Date.now() + 3_600_000).toISOString();
    const [later, last] = callsFor(laneId, 2).map((call) => ({ ...call, asked: { startsAt } }));
    const first = await intakeExecutions(db.pool, [later!, ...callsFor(laneId, 1), last!], LIMITS);
    expect(first.map(({ place }) => place)).toEqual([null, 1, null]);
    expect(first[0]!.plannedAt!.toISOString()).toBe(startsAt);
    const pack = await takePack(db.pool, ours(laneId), 10);
    const before = await admit([laneId]);
    expect(before.admitted.map((row) => row.executionId)).toEqual([first[1]!.executionId]);
    await settleReleases(db.pool, WORKSPACE, settleAll(before.admitted));
    const after = await admit([laneId]);
    expect(after.admitted).toEqual([]);
    expect(after.lanes[0]!.nextInMs! / 60_000).toBeCloseTo(60, 0);
    const look = await lookAtPack(db.pool, { ...ours(laneId), packId: pack!.packId }, 1000, 0);
    expect(look!.nextInMs! / 60_000).toBeCloseTo(60, 0);
    const [meanwhile] = await intakeExecutions(db.pool, callsFor(laneId, 1), LIMITS);
    await db.admin.query(
      `UPDATE executions SET starts_at = clock_timestamp() - interval '1 s' WHERE id = ANY($1::bigint[])`,
      [[first[0]!.executionId, first[2]!.executionId]],
    );
    expect((await lookAtPack(db.pool, { ...ours(laneId), packId: pack!.packId }, 1000, 0))!.nextInMs).toBe(0);
    expect((await admit([laneId])).admitted.map((row) => row.executionId)).toEqual([meanwhile!.executionId]);
    await db.admin.query('UPDATE lanes SET rate_limit = 4 WHERE id = $1', [laneId]);
    expect((await admit([laneId])).admitted.map((row) => row.executionId)).toEqual([
      first[0]!.executionId,
      first[2]!.executionId,
    ]);
  });

  it('reads no more for a release where thousands wait for their start, and refuses a start that HubSpot cannot await', async () => {
    const laneId = await seedLane(db.admin, { limit: 10, intervalMs: 1000 });
    const starting = (inMs: number, count: number) =>
      callsFor(laneId, count).map((call) => ({
        ...call,
        asked: { startsAt: new Date(Date.now() + inMs).toISOString() },
      }));
    const pages = async () => {
      const client = await db.admin.connect();
      try {
        let fewest = Infinity; // the first one reads the catalogue
        for (let n = 0; n < 3; n += 1) {
          await client.query('BEGIN');
          const sql = `SELECT * FROM admit_turns('${WORKSPACE}', ARRAY[$1::bigint], 5, 'test', 1000, 0)`;
          fewest = Math.min(fewest, pagesOf(await explain(client, sql, [laneId])));
          await client.query('ROLLBACK');
        }
        return fewest;
      } finally {
        client.release();
      }
    };
    const none = await pages();
    for (let n = 0; n < 4; n += 1) await intakeExecutions(db.pool, starting(3_600_000, 1000), LIMITS);
    await db.admin.query('VACUUM ANALYZE executions');
    expect(await pages()).toBeLessThan(none + 20);
    const [refused] = await intakeExecutions(db.pool, starting(5 * 7 * 86_400_000, 1), LIMITS);
    expect(refused).toMatchObject({
      state: 'refused',
      reason: 'The wait for its start is longer than HubSpot can hold an execution',
    });
  });

  it("takes a time of day in the portal's zone, also where clocks change, and in UTC where the zone is not known", async () => {
    const laneId = await seedLane(db.admin, { limit: 10, intervalMs: 1000, portalId: 4711 });
    const zone = (name: string) =>
      db.admin.query('UPDATE portals SET time_zone = $1 WHERE portal_id = 4711', [name]);
    await zone('America/New_York');
    const day = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
    const call = { ...callsFor(laneId, 1, 4711)[0]!, asked: { startsLocal: `${day}T09:00` } };
    const [answer] = await intakeExecutions(db.pool, [call], LIMITS);
    const clock = new Intl.DateTimeFormat('sv-SE', {
      ...{ timeZone: 'America/New_York', dateStyle: 'short', timeStyle: 'short' },
    });
    expect(clock.format(answer!.plannedAt!)).toBe(`${day} 09:00`);
    const at = async (local: string) =>
      (
        await db.admin.query<{ at: Date }>('SELECT in_portal_zone(4711, $1::timestamp) AS at', [local])
      ).rows[0]!.at.toISOString();
    expect(await at('2026-03-08T02:30')).toBe('2026-03-08T07:30:00.000Z'); // there is no such time: clocks go from 2 to 3
    expect(await at('2026-11-01T00:30')).toBe('2026-11-01T04:30:00.000Z');
    expect(await at('2026-11-02T00:00')).toBe('2026-11-02T05:00:00.000Z');
    await zone('Mars/Olympus');
    expect(await at('2026-11-01T00:30')).toBe('2026-11-01T00:30:00.000Z');
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
