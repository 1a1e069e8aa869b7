import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keepPartitions, PARTITIONED } from '../../../src/db/partitions.js';
import { recordRejected } from '../../../src/db/throttle/intake.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';

const TABLE = 'execution_history';
const DAYS = 8;

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

const keep = (keepDays = 90) => keepPartitions(db.pool, TABLE, keepDays);

async function partitions(): Promise<string[]> {
  const { rows } = await db.admin.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass
        AND NOT inhrelid::regclass::text ~ '_default$' ORDER BY 1`,
    [TABLE],
  );
  return rows.map(({ name }) => name);
}

async function drop(name: string): Promise<void> {
  await db.admin.query(`DROP TABLE ${name}`);
}

async function partitionOf(daysAhead: number): Promise<string> {
  const { rows } = await db.admin.query<{ name: string }>(
    `SELECT $1 || to_char(now() AT TIME ZONE 'UTC' + make_interval(days => $2), '_YYYYMMDD') AS name`,
    [TABLE, daysAhead],
  );
  return rows[0]?.name ?? '';
}

async function ended(id: number, daysAgo: number): Promise<void> {
  await db.admin.query(
    `INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, state, received_at, finished_at)
     VALUES ($1, $2, 1, 'x', 'gone', now(), now() - make_interval(days => $3))`,
    [id, WORKSPACE, daysAgo],
  );
}

async function where(): Promise<string[]> {
  const { rows } = await db.admin.query<{ part: string }>(
    'SELECT tableoid::regclass::text AS part FROM execution_history ORDER BY id',
  );
  return rows.map(({ part }) => part);
}

describe('partitions', () => {
  it('are there for today and a week, of each partitioned table, and made once', async () => {
    expect(await partitions()).toEqual(
      await Promise.all(Array.from({ length: DAYS }, (_, n) => partitionOf(n))),
    );
    for (const table of Object.keys(PARTITIONED)) expect(await keepPartitions(db.pool, table, 90)).toBe(0);
    await drop(await partitionOf(0));
    const changed = await Promise.all([keep(), keep(), keep()]);
    expect(changed.reduce((sum, one) => sum + one)).toBe(1);
    expect(await partitions()).toHaveLength(DAYS);
  });

  it('take what came before them out of the default partition, whichever day it is of, with their indexes', async () => {
    const [today, old] = [await partitionOf(0), await partitionOf(-40)];
    await drop(today);
    await ended(1, 0);
    await ended(2, 40);
    expect(await where()).toEqual(['execution_history_default', 'execution_history_default']);
    expect(await keep()).toBe(2);
    expect(await where()).toEqual([today, old]);
    const { rows } = await db.admin.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent IN
        (SELECT indexrelid FROM pg_index WHERE indrelid = 'execution_history'::regclass) AND inhrelid IN
        (SELECT indexrelid FROM pg_index WHERE indrelid = $1::regclass)`,
      [today],
    );
    expect(rows[0]?.count).toBeGreaterThanOrEqual(3);
    const constraints = await db.admin.query(
      `SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'`,
      [today],
    );
    expect(constraints.rowCount).toBe(0);
  });

  it('leave no hole, and do not overlap, where they were made by the days of another time zone', async () => {
    for (const name of await partitions()) await drop(name);
    await db.admin.query(
      `SET TimeZone = 'Asia/Tokyo';
       DO $$ BEGIN EXECUTE format('CREATE TABLE execution_history_20200101 PARTITION OF execution_history FOR VALUES FROM (%L) TO (%L)',
                                  current_date::timestamptz, (current_date + 1)::timestamptz); END $$;
       RESET TimeZone`,
    );
    await keep();
    const { rows } = await db.admin.query(
      `WITH bounds AS (
         SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''(.*?)''\\)'))[1]::timestamptz AS lower,
                (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(.*?)''\\)'))[1]::timestamptz AS upper
           FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE inhparent = 'execution_history'::regclass)
       SELECT range_agg(tstzrange(lower, upper)) @> tstzrange(now(), date_trunc('day', now(), 'UTC') + interval '192 hours') AS whole
         FROM bounds WHERE lower IS NOT NULL`,
    );
    expect(rows).toEqual([{ whole: true }]);
    expect(await keep()).toBe(0);
  });

  it('go with their rows when they are older than they are kept, and no other goes', async () => {
    await ended(1, 40);
    await ended(2, 91);
    await keep(3650);
    expect(await keep(90)).toBe(1);
    expect(await where()).toEqual([await partitionOf(-40)]);
    await expect(
      db.pool.query('SELECT drop_daily_partition($1, $2, -5)', [TABLE, await partitionOf(1)]),
    ).rejects.toThrow('no partition of execution_history that is older than it is kept');
    await expect(db.pool.query(`SELECT drop_daily_partition('lanes', 'lanes', 1)`)).rejects.toThrow(
      'lanes is not partitioned by day',
    );
  });

  it('are made and dropped beside a dump: no call takes a second, and when the dump ends they are there', async () => {
    await seedLane(db.admin, { limit: 100, intervalMs: 1000 });
    await ended(1, 95);
    await keep(3650);
    const [last, old] = [await partitionOf(DAYS - 1), await partitionOf(-95)];
    await drop(last);
    const dump = await db.admin.connect();
    await dump.query('BEGIN; LOCK TABLE execution_history IN ACCESS SHARE MODE');
    let [over, calls, slowestMs, failed] = [false, 0, 0, 0];
    const traffic = (async () => {
      for (; !over; calls += 1) {
        const from = performance.now();
        const call = {
          portalId: 1,
          callbackId: `c${calls}`,
          bodyHash: Buffer.alloc(32),
          body: Buffer.alloc(1),
          reason: 'x',
        };
        await recordRejected(db.pool, WORKSPACE, call);
        slowestMs = Math.max(slowestMs, performance.now() - from);
        await delay(100);
      }
    })();
    for (let n = 0; n < 10; n += 1) await keep().catch(() => (failed += 1));
    expect(failed).toBe(10);
    expect(await partitions()).toEqual(expect.arrayContaining([old]));
    await dump.query('COMMIT');
    dump.release();
    expect(await keep()).toBe(2);
    over = true;
    await traffic;
    expect(await partitions()).toEqual(expect.arrayContaining([last]));
    expect(await partitions()).not.toContain(old);
    expect(calls).toBeGreaterThan(5);
    expect(slowestMs).toBeLessThan(1000);
  }, 20_000);
});
