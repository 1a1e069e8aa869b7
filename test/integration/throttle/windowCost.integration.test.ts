import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { replanStretch } from '../../../src/db/throttle/replanStretch.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { explain, pagesOf } from '../../support/plans.js';
import { callsFor, LIMITS, seedAdmissions, seedLane, WORKSPACE } from '../../support/throttle.js';

const DAY_MS = 86_400_000;
const LIMIT = 100_000;

/**
 * Pages of tables and indexes that the statement touches, at least: what it costs, whatever the machine does meanwhile.
 * The first call of a connection also reads the catalogue.
 */
async function fewestPages(db: TestDatabase, sql: string, values: unknown[]): Promise<number> {
  const client = await db.admin.connect();
  const pages: number[] = [];
  try {
    for (let n = 0; n < 2; n += 1) {
      await client.query('VACUUM executions, lane_grants'); // what was rolled back leaves dead rows
      await client.query('BEGIN');
      pages.push(pagesOf(await explain(client, sql, values)));
      await client.query('ROLLBACK');
    }
    return Math.min(...pages);
  } finally {
    client.release();
  }
}

describe('the cost of a window', () => {
  let db: TestDatabase;
  let young: string;
  let full: string;
  beforeAll(async () => {
    db = await createTestDatabase();
    const lane = { limit: LIMIT, intervalMs: DAY_MS };
    young = await seedLane(db.admin, lane);
    full = await seedLane(db.admin, lane);
    await seedAdmissions(db.admin, young, 4000, 1);
    await seedAdmissions(db.admin, full, LIMIT - 1000, 23.9);
    await db.admin.query('VACUUM ANALYZE lane_grants');
  });
  afterAll(() => db.drop());

  const statements: [string, string][] = [
    ['a release', `SELECT * FROM admit_turns('${WORKSPACE}', ARRAY[$1::bigint], 100, 'test', 1000, 0)`],
    ['a look of a workflow', 'SELECT release_estimate($1, 0)'],
    ['a look far ahead', `SELECT release_estimate($1, ${LIMIT - 10})`],
    ['a new plan', `SELECT * FROM replan_lane('${WORKSPACE}', $1, 0, 0, 5000, 0)`],
    ['the view of an operator', `SELECT * FROM window_use($1, clock_timestamp() - interval '1 day')`],
    [
      'an intake',
      `SELECT * FROM intake_calls('${WORKSPACE}', ARRAY[1::bigint], ARRAY['ap-1-' || random() || '-1-0'], ARRAY[$1::bigint],
         ARRAY['\\x00'::bytea], ARRAY['WORKFLOWS'], ARRAY[NULL::text], ARRAY[NULL::jsonb], 0, 604800000, 2419200000, 300000)`,
    ],
  ];
  it.each(statements)(
    '%s costs the same at the end of a day of 100,000 as in its first hour',
    async (_, sql) => {
      await intakeExecutions(db.pool, [...callsFor(young, 20), ...callsFor(full, 20)], LIMITS);
      await db.admin.query('ANALYZE executions');
      let [early, late] = [Infinity, Infinity];
      for (let n = 0; n < 3; n += 1) {
        early = Math.min(early, await fewestPages(db, sql, [young]));
        late = Math.min(late, await fewestPages(db, sql, [full]));
      }
      // Indexes grow by a level now and then: some pages more for each look-up, whatever N is.
      expect({ early, late, grows: late > early * 1.2 + 20 }).toMatchObject({ grows: false });
    },
  );

  it('finds every place where a list of all admissions has it, numbered or not', async () => {
    for (let round = 0; round < 20; round += 1) {
      const lane = await seedLane(db.admin, { limit: 10, intervalMs: 1000 });
      const add = (count: number) =>
        db.admin.query(
          `INSERT INTO lane_grants (workspace_id, portal_id, lane_id, count, execution_ids, granted_at, lease_until,
                                    answered_at, owner)
           SELECT $1, 1, $2, floor(random() * 4), '{}', now(), now(),
                  CASE WHEN random() < 0.7 THEN now() - random() * interval '2 seconds' END, 'test'
             FROM generate_series(1, $3::int)`,
          [WORKSPACE, lane, count],
        );
      await add(round % 7);
      await db.admin.query('SELECT count_answered($1)', [lane]);
      await add(round % 5);
      if (round % 2 === 0) await db.admin.query('SELECT count_answered($1)', [lane]);
      await add(round % 3);
      const { rows } = await db.admin.query<{ all: (Date | null)[]; found: (Date | null)[]; used: string }>(
        `WITH since AS (SELECT now() - interval '1 second' AS at),
              use AS (SELECT u.* FROM since, window_use($1, since.at) u)
         SELECT use.used,
                (SELECT coalesce(array_agg(g.answered_at ORDER BY g.answered_total IS NULL, g.answered_at NULLS LAST, g.id), '{}')
                   FROM lane_grants g, generate_series(1, g.count)
                  WHERE g.lane_id = $1 AND (g.answered_at IS NULL OR g.answered_at > since.at)) AS all,
                ARRAY(SELECT window_place($1, since.at, use.numbered, use.before, k)
                        FROM generate_series(0, use.used - 1) k ORDER BY k) AS found
           FROM since, use`,
        [lane],
      );
      const [{ all, found, used }] = rows as [(typeof rows)[0]];
      expect(Number(used)).toBe(all.length);
      expect(found).toEqual(all);
    }
  });

  it('is counted as before: as many as N less what a day has seen may go at once', async () => {
    const { rows } = await db.admin.query<{ used: string }>(
      `SELECT used FROM window_use($1, clock_timestamp() - interval '1 day')`,
      [full],
    );
    expect(Number(rows[0]?.used)).toBe(LIMIT - 1000);
    await intakeExecutions(db.pool, callsFor(full, 2500), LIMITS);
    let admitted = 0;
    for (;;) {
      const answer = await admitReleases(db.pool, {
        workspaceId: WORKSPACE,
        laneIds: [full],
        max: 500,
        owner: 'test',
        leaseMs: 60_000,
        holdMs: 0,
      });
      admitted += answer.admitted.length;
      if (answer.admitted.length === 0) break;
    }
    expect(admitted).toBe(1000);
    await replanStretch(db.pool, {
      workspaceId: WORKSPACE,
      laneId: full,
      afterSeq: '0',
      ahead: 0,
      max: 5000,
      holdMs: 0,
    });
  });
});
