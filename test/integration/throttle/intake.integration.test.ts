import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intakeExecutions, recordRejected } from '../../../src/db/throttle/intake.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { explain, pagesOf } from '../../support/plans.js';
import { callFor, callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';

describe('intake', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const plansOf = async (laneId: string): Promise<number[]> => {
    const { rows } = await db.admin.query<{ at: number }>(
      'SELECT (extract(epoch FROM planned_at) * 1000)::float8 AS at FROM executions WHERE lane_id = $1 ORDER BY seq',
      [laneId],
    );
    return rows.map((row) => row.at);
  };

  it('lets a burst of N go at once and the others N per interval', async () => {
    const laneId = await seedLane(db.admin, { limit: 3, intervalMs: 10_000 });
    const answers = await intakeExecutions(db.pool, callsFor(laneId, 8), { ...LIMITS, holdMs: 1000 });
    expect(answers.map((answer) => Math.round(answer.plannedInMs!))).toEqual([
      1000, 1000, 1000, 11000, 11000, 11000, 21000, 21000,
    ]);
    expect(answers.every((answer) => answer.fresh && answer.state === 'waiting')).toBe(true);
  });

  it('says at which place each is, and when its turn comes', async () => {
    const laneId = await seedLane(db.admin, { limit: 3, intervalMs: 10_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 3), LIMITS);
    await db.admin.query('DELETE FROM executions WHERE lane_id = $1 AND seq = 0', [laneId]);
    const calls = callsFor(laneId, 2);
    const answers = await intakeExecutions(db.pool, calls, LIMITS);
    expect(answers.map(({ place }) => place)).toEqual([3, 4]);
    for (const { plannedAt, plannedInMs } of answers)
      expect(Math.abs(plannedAt!.getTime() - Date.now() - plannedInMs!)).toBeLessThan(2000);
    const repeats = await intakeExecutions(db.pool, calls, LIMITS);
    expect(repeats.map(({ place, fresh }) => ({ place, fresh }))).toEqual([
      { place: 3, fresh: false },
      { place: 4, fresh: false },
    ]);
  });

  describe('of a step that lets only so many wait', () => {
    const bounded = (laneId: string, count: number, maxWaiting: number, whenFull: 'skip' | 'fail' = 'skip') =>
      callsFor(laneId, count).map((call) => ({ ...call, asked: { maxWaiting, whenFull } }));
    const states = async (calls: ReturnType<typeof callsFor>) =>
      (await intakeExecutions(db.pool, calls, LIMITS)).map(({ state }) => state);

    it('takes so many, ends the others as the step says, and answers a repeat as the first was', async () => {
      const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 10_000 });
      const calls = [...bounded(laneId, 4, 3), ...bounded(laneId, 1, 3, 'fail')];
      expect(await states(calls)).toEqual(['waiting', 'waiting', 'waiting', 'skipped', 'refused']);
      expect(await states(calls)).toEqual(['waiting', 'waiting', 'waiting', 'skipped', 'refused']);
      const [, full] = await intakeExecutions(db.pool, [calls[0]!, calls[3]!], LIMITS);
      expect(full).toMatchObject({
        reason: '3 wait already: the most that the step lets wait',
        ...{ plannedInMs: null, place: null },
      });
      const { rows } = await db.admin.query(
        `SELECT state, planned_at, count(*)::int FROM execution_history WHERE lane_id = $1 GROUP BY 1, 2 ORDER BY 1`,
        [laneId],
      );
      expect(rows).toEqual([
        { state: 'refused', planned_at: null, count: 1 },
        { state: 'skipped', planned_at: null, count: 1 },
      ]);
    });

    it('counts those that wait for their turn alone: neither what is being sent nor what is to end', async () => {
      const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 10_000 });
      await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
      expect(await states(bounded(laneId, 1, 4))).toEqual(['skipped']);
      await db.admin.query(
        `UPDATE executions SET grant_id = CASE WHEN seq = 1 THEN 0 END,
                end_requested = CASE WHEN seq = 2 THEN 'cancelled' END WHERE lane_id = $1`,
        [laneId],
      );
      expect(await states(bounded(laneId, 3, 4))).toEqual(['waiting', 'waiting', 'skipped']);
    });

    it('numbers without a gap what it takes of steps that differ, and never has more wait than each allows', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.array(fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }), {
              minLength: 1,
              maxLength: 8,
            }),
            { minLength: 1, maxLength: 4 },
          ),
          async (batches) => {
            const laneId = await seedLane(db.admin, { limit: 2, intervalMs: 10_000 });
            let waiting = 0;
            for (const bounds of batches) {
              const calls = bounds.map((most) =>
                most === null ? callsFor(laneId, 1)[0]! : bounded(laneId, 1, most)[0]!,
              );
              const before = waiting;
              (await states(calls)).forEach((state, n) => {
                const most = bounds[n]!;
                if (most === null || (before < most && n === 0)) expect(state).toBe('waiting');
                if (state === 'waiting' && most !== null) expect(waiting).toBeLessThan(most);
                if (state === 'waiting') waiting += 1;
              });
            }
            const { rows } = await db.admin.query<{ seq: string }>(
              'SELECT seq FROM executions WHERE lane_id = $1 ORDER BY seq',
              [laneId],
            );
            expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: waiting }, (_, n) => n));
          },
        ),
        { numRuns: 30 },
      );
    });

    it('reads no more of a long lane than its bound, and nothing of a short one', async () => {
      const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 1000, beyondBlock: 'hold' });
      for (let n = 0; n < 4; n += 1) await intakeExecutions(db.pool, callsFor(laneId, 1000), LIMITS);
      await db.admin.query('VACUUM ANALYZE executions');
      const pages = async (asked: string) => {
        const client = await db.admin.connect();
        try {
          await client.query('BEGIN');
          const sql = `SELECT * FROM intake_calls('${WORKSPACE}', ARRAY[1::bigint], ARRAY['ap-1-' || random() || '-1-0'],
            ARRAY[$1::bigint], ARRAY['\\x00'::bytea], ARRAY['WORKFLOWS'], ARRAY[NULL::text], ARRAY[$2::jsonb], 0, 604800000, 2419200000, 300000)`;
          let fewest = Infinity; // some read the catalogue, or make another plan, as well
          for (let n = 0; n < 4; n += 1)
            fewest = Math.min(fewest, pagesOf(await explain(client, sql, [laneId, asked])));
          return fewest;
        } finally {
          await client.query('ROLLBACK');
          client.release();
        }
      };
      const none = await pages('null');
      expect(await pages('{"maxWaiting": 50, "whenFull": "skip"}')).toBeLessThan(none + 20);
      expect(await pages('{"maxWaiting": 9000, "whenFull": "skip"}')).toBeLessThan(none + 20);
    });
  });

  it('plans so that no window of the interval holds more than N, in order, over any sequence of batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (limit, batches, spread) => {
          const laneId = await seedLane(db.admin, { limit, intervalMs: 5000, spread });
          for (const size of batches) await intakeExecutions(db.pool, callsFor(laneId, size), LIMITS);
          const plans = await plansOf(laneId);
          expect(plans).toHaveLength(batches.reduce((sum, size) => sum + size, 0));
          plans.forEach((at, k) => {
            if (k > 0) expect(at).toBeGreaterThanOrEqual(plans[k - 1]! - 0.01);
            if (k >= limit) expect(at - plans[k - limit]!).toBeGreaterThanOrEqual(5000 - 0.01);
            if (spread && k > 0) expect(at - plans[k - 1]!).toBeGreaterThanOrEqual(5000 / limit - 1);
          });
          // and nobody waits longer than the law asks: the k-th goes in the k/N-th interval after the first
          const span = plans.at(-1)! - plans[0]!;
          expect(span).toBeLessThanOrEqual(
            Math.floor((plans.length - 1) / limit) * 5000 + (spread ? 5000 : 0) + 1000,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts what was let go lately: the next burst does not get a fresh window', async () => {
    const laneId = await seedLane(db.admin, { limit: 10, intervalMs: 60_000 });
    await db.admin.query(
      `INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until, answered_at, owner)
       SELECT workspace_id, portal_id, id, 7, '{}', clock_timestamp() - interval '20 s', clock_timestamp(), clock_timestamp() - interval '20 s', 'x' FROM lanes WHERE id = $1`,
      [laneId],
    );
    const answers = await intakeExecutions(db.pool, callsFor(laneId, 5), LIMITS);
    const plans = answers.map((answer) => Math.round(answer.plannedInMs! / 1000));
    expect(plans).toEqual([0, 0, 0, 40, 40]);
  });

  it('answers a repeat with the state now and changes nothing', async () => {
    const laneId = await seedLane(db.admin, { limit: 5, intervalMs: 1000 });
    const call = callFor(laneId, 'ap-1-repeat-1-0');
    const [first] = await intakeExecutions(db.pool, [call], LIMITS);
    const [again] = await intakeExecutions(db.pool, [call], LIMITS);
    expect(again).toMatchObject({
      executionId: first?.executionId,
      state: 'waiting',
      fresh: false,
      sameBody: true,
    });
    await db.admin.query(
      `WITH gone AS (DELETE FROM executions WHERE id = $1 RETURNING *)
       INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, state, received_at, finished_at)
       SELECT id, workspace_id, portal_id, callback_id, lane_id, 'cancelled', received_at, clock_timestamp() FROM gone`,
      [first?.executionId],
    );
    const [ended] = await intakeExecutions(db.pool, [{ ...call, bodyHash: Buffer.from('other') }], LIMITS);
    expect(ended).toMatchObject({
      executionId: first?.executionId,
      state: 'cancelled',
      fresh: false,
      sameBody: false,
    });
  });

  it('gives the same call only one execution when it stands twice in a batch and comes ten times at once', async () => {
    const laneId = await seedLane(db.admin, { limit: 5, intervalMs: 1000 });
    const twice = callFor(laneId, 'ap-1-twice-1-0');
    const [one, other] = await intakeExecutions(db.pool, [twice, twice], LIMITS);
    expect(one?.executionId).toBe(other?.executionId);
    expect([one?.fresh, other?.fresh].filter(Boolean)).toHaveLength(1);

    const call = callFor(laneId, 'ap-1-ten-1-0');
    const all = await Promise.all(
      Array.from({ length: 10 }, () => intakeExecutions(db.pool, [call, ...callsFor(laneId, 3)], LIMITS)),
    );
    expect(new Set(all.map(([answer]) => answer?.executionId)).size).toBe(1);
    expect(all.filter(([answer]) => answer?.fresh)).toHaveLength(1);
  });

  it('never deadlocks when many commit to the same lanes in different orders', async () => {
    const laneIds = await Promise.all(
      [1, 2, 3, 4].map((portalId) => seedLane(db.admin, { portalId, limit: 100, intervalMs: 1000 })),
    );
    const rounds = Array.from({ length: 30 }, (_, round) => {
      const order = round % 2 ? laneIds : [...laneIds].reverse();
      return intakeExecutions(
        db.pool,
        order.flatMap((laneId) => callsFor(laneId, 5)),
        LIMITS,
      );
    });
    expect((await Promise.all(rounds)).flat()).toHaveLength(600);
    const { rows } = await db.admin.query<{ seqs: string; count: string }>(
      'SELECT count(DISTINCT seq) AS seqs, count(*) FROM executions WHERE lane_id = ANY($1::bigint[]) GROUP BY lane_id',
      [laneIds],
    );
    for (const row of rows) expect(row).toEqual({ seqs: '150', count: '150' });
  });

  it('refuses at once what HubSpot cannot hold so long, and keeps the places before it', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 14 * 24 * 3_600_000 });
    const answers = await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
    expect(answers.map((answer) => answer.state)).toEqual(['waiting', 'waiting', 'refused', 'refused']);
    const [next] = await intakeExecutions(db.pool, callsFor(laneId, 1), LIMITS);
    expect(next?.state).toBe('refused');
    const holds = await seedLane(db.admin, {
      limit: 1,
      intervalMs: 14 * 24 * 3_600_000,
      beyondBlock: 'hold',
    });
    const held = await intakeExecutions(db.pool, callsFor(holds, 4), LIMITS);
    expect(held.map((answer) => answer.state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(held[3]?.expiresInMs).toBe(LIMITS.blockMaxMs);
  });

  it('asks HubSpot to hold an execution longer than its planned wait, and at least a week', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 6 * 24 * 3_600_000 });
    const answers = await intakeExecutions(db.pool, callsFor(laneId, 4), LIMITS);
    expect(answers[0]?.expiresInMs).toBe(LIMITS.blockMinMs);
    for (const answer of answers.slice(1)) {
      expect(answer.expiresInMs).toBeGreaterThanOrEqual(
        Math.min(LIMITS.blockMaxMs, answer.plannedInMs! * 1.2),
      );
      expect(answer.expiresInMs).toBeLessThanOrEqual(LIMITS.blockMaxMs);
    }
  });

  it('keeps a signed call that cannot be understood whole, once', async () => {
    await seedLane(db.admin, { limit: 1, intervalMs: 1000 });
    const call = {
      portalId: 1,
      callbackId: 'ap-1-bad-1-0',
      bodyHash: Buffer.from('h'),
      body: Buffer.from('{"a":1,"a":2}'),
      reason: 'twice',
    };
    expect(await recordRejected(db.pool, WORKSPACE, call)).toBe(true);
    expect(await recordRejected(db.pool, WORKSPACE, call)).toBe(true);
    expect(await recordRejected(db.pool, WORKSPACE, { ...call, portalId: 404 })).toBe(false);
    const { rows } = await db.admin.query(
      `SELECT state, reason, payload FROM execution_history WHERE callback_id = 'ap-1-bad-1-0'`,
    );
    expect(rows).toEqual([{ state: 'rejected', reason: 'twice', payload: call.body }]);
  });
});
