import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ADVISORY_LOCKS, tryLock } from '../../../src/db/advisoryLocks.js';
import type { LockPatience } from '../../../src/db/lockPatience.js';
import { migrate } from '../../../src/db/migrate.js';
import { installInbox } from '../../../src/db/outbox/installInbox.js';
import { WITHOUT_TRANSACTION } from '../../../src/db/tableMigrations.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const MIGRATIONS = path.resolve(import.meta.dirname, '../../../migrations');
const PATIENCE: LockPatience = { lockTimeoutMs: 200, attempts: 100, pauseMs: 100 };

let db: TestDatabase;
let folder: string;
beforeEach(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
});
afterEach(async () => {
  await db.drop();
  rmSync(folder, { recursive: true });
});

/** A migration of a version to come. */
function addMigration(tag: string, sql: string): void {
  const file = path.join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: object[] };
  const entry = {
    idx: journal.entries.length,
    version: '7',
    when: Date.now() + 86_400_000,
    tag,
    breakpoints: true,
  };
  writeFileSync(file, JSON.stringify({ ...journal, entries: [...journal.entries, entry] }));
  writeFileSync(path.join(folder, `${tag}.sql`), sql);
}
const run = (patience: LockPatience = PATIENCE) =>
  migrate({ adminUrl: db.adminUrl, appUrl: db.url, folder, patience });

/** Reads a table, as a dump does, until it is told to end. */
async function reader(table: string): Promise<{ end(): Promise<void> }> {
  const client = await db.admin.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS SHARE MODE`);
  return {
    async end() {
      await client.query('COMMIT');
      client.release();
    },
  };
}

/** Calls that are committed one after the other; how long the slowest took. */
function traffic(laneId: string): { end(): Promise<{ calls: number; slowestMs: number }> } {
  let [calls, slowestMs, over] = [0, 0, false];
  const running = (async () => {
    while (!over) {
      const from = performance.now();
      await intakeExecutions(db.pool, callsFor(laneId, 1), LIMITS);
      slowestMs = Math.max(slowestMs, performance.now() - from);
      calls += 1;
      await delay(50);
    }
  })();
  return {
    async end() {
      over = true;
      await running;
      return { calls, slowestMs };
    },
  };
}

const columns = async () =>
  (
    await db.admin.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'executions'::regclass AND attnum > 0`,
    )
  ).rows.map(({ name }) => name);

describe('a migration beside traffic', () => {
  it('holds up no call for a second while a reader keeps what it needs, and goes through when the reader ends', async () => {
    addMigration('0999_column', 'ALTER TABLE "executions" ADD COLUMN "colour" text;');
    const calls = traffic(await seedLane(db.admin, { limit: 100, intervalMs: 1000 }));
    const dump = await reader('executions');
    const migrating = run();
    await delay(2500);
    expect(await columns()).not.toContain('colour');
    await dump.end();
    await migrating;
    expect(await columns()).toContain('colour');
    const { calls: count, slowestMs } = await calls.end();
    expect(count).toBeGreaterThan(10);
    expect(slowestMs).toBeLessThan(1000);
  }, 30_000);

  it('that has nothing to change waits for no transaction that has captured, and holds up no capture', async () => {
    await run();
    const application = await db.admin.connect();
    const capture = `SELECT sluice_track_event('driver_signed_up', '{}', NULL, NULL, 1)`;
    await application.query(`BEGIN; ${capture}`);
    try {
      let [over, slowestMs] = [false, 0];
      const captures = (async () => {
        while (!over) {
          const from = performance.now();
          await db.admin.query(capture);
          slowestMs = Math.max(slowestMs, performance.now() - from);
          await delay(20);
        }
      })();
      await run({ lockTimeoutMs: 1500, attempts: 1, pauseMs: 100 }).finally(() => (over = true));
      await captures;
      expect(slowestMs).toBeLessThan(1000);
    } finally {
      await application.query('ROLLBACK');
      application.release();
    }
  }, 30_000);

  it('of an inbox lets captures pass while it waits for a transaction that has captured', async () => {
    const added = async () =>
      (
        await db.admin.query(
          `SELECT FROM pg_attribute WHERE attname = 'reader_workspace' AND NOT attisdropped`,
        )
      ).rowCount;
    await db.admin.query('ALTER TABLE outbox_capture_portals DROP COLUMN reader_workspace CASCADE');
    const application = await db.admin.connect();
    const capture = `SELECT sluice_track_event('driver_signed_up', '{}', NULL, NULL, 1)`;
    await application.query(`BEGIN; ${capture}`);
    const installing = installInbox(db.adminUrl, PATIENCE);
    let slowestMs = 0;
    const end = delay(2500).then(() => application.query('COMMIT'));
    for (const until = performance.now() + 2000; performance.now() < until; await delay(20)) {
      const from = performance.now();
      await db.admin.query(capture);
      slowestMs = Math.max(slowestMs, performance.now() - from);
    }
    expect(await added()).toBe(0);
    await end;
    application.release();
    await installing;
    expect(await added()).toBe(1);
    expect(slowestMs).toBeLessThan(1000);
  }, 30_000);

  it('names who holds the lock when it has tried often enough, and has changed nothing', async () => {
    addMigration('0999_column', 'ALTER TABLE "executions" ADD COLUMN "colour" text;');
    const dump = await reader('executions');
    await expect(run({ lockTimeoutMs: 50, attempts: 3, pauseMs: 10 })).rejects.toThrow(
      /A migration of the tables needs a lock that others hold\. Open transactions: pid \d+ \(.*, \d+ s\)/,
    );
    await dump.end();
    expect(await columns()).not.toContain('colour');
    await run();
    expect(await columns()).toContain('colour');
  }, 30_000);

  it('builds indexes while others write, also anew where a build was cut short, and when two migrate at once', async () => {
    addMigration(
      '0999_index',
      [
        `${WITHOUT_TRANSACTION}\nCREATE INDEX CONCURRENTLY "executions_source" ON "executions" USING btree ("source");`,
        'CREATE INDEX CONCURRENTLY "executions_object" ON "executions" USING btree ("object_id");',
      ].join('--> statement-breakpoint\n'),
    );
    const laneId = await seedLane(db.admin, { limit: 100, intervalMs: 1000 });
    await db.admin.query('CREATE INDEX executions_source ON executions (source)');
    await db.admin.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'executions_source'::regclass`,
    );
    // The build waits for transactions that were there before it; nobody waits for the build.
    const writer = await db.admin.connect();
    await writer.query('BEGIN; LOCK TABLE executions IN ROW EXCLUSIVE MODE');
    const migrating = Promise.all([run(), run()]);
    await until(
      'the one that has its turn waits for the writer',
      async () =>
        (
          await db.admin.query(
            `SELECT FROM pg_stat_activity
              WHERE datname = current_database() AND query LIKE '% CONCURRENTLY %' AND wait_event_type = 'Lock'`,
          )
        ).rowCount === 1,
      10_000,
    );
    const from = performance.now();
    await intakeExecutions(db.pool, callsFor(laneId, 1), LIMITS);
    expect(performance.now() - from).toBeLessThan(1000);
    await writer.query('COMMIT');
    writer.release();
    await migrating;
    const { rows } = await db.admin.query(
      `SELECT indexrelid::regclass::text AS name FROM pg_index
        WHERE indrelid = 'executions'::regclass AND indisvalid AND indexrelid::regclass::text ~ '_(source|object)$' ORDER BY 1`,
    );
    expect(rows).toEqual([{ name: 'executions_object' }, { name: 'executions_source' }]);
  }, 30_000);

  it('builds the index of a partitioned table on one partition after the other, and new ones have it', async () => {
    addMigration(
      '0999_index',
      `${WITHOUT_TRANSACTION}\nCREATE INDEX CONCURRENTLY "execution_history_source" ON "execution_history" USING btree ("source");`,
    );
    await run();
    await db.admin.query(
      `CREATE TABLE execution_history_later PARTITION OF execution_history FOR VALUES FROM ('2099-01-01') TO ('2099-01-02')`,
    );
    const { rows } = await db.admin.query<{ valid: boolean; partitions: number; indexed: number }>(
      `SELECT x.indisvalid AS valid,
              (SELECT count(*)::int FROM pg_inherits WHERE inhparent = 'execution_history'::regclass) AS partitions,
              (SELECT count(*)::int FROM pg_inherits WHERE inhparent = x.indexrelid) AS indexed
         FROM pg_index x WHERE x.indexrelid = 'execution_history_source'::regclass`,
    );
    expect(rows[0]?.valid).toBe(true);
    expect(rows[0]?.partitions).toBeGreaterThan(1);
    expect(rows[0]?.indexed).toBe(rows[0]?.partitions);
  }, 30_000);
});

describe('a migration beside another one', () => {
  it('waits for its end, and says for whom', async () => {
    const other = new pg.Client({
      connectionString: db.adminUrl.reveal(),
      application_name: 'sluice-migrate of somebody',
    });
    await other.connect();
    expect(await tryLock(other, ADVISORY_LOCKS.migration)).toBe(true);
    const told: string[] = [];
    const { functions } = await migrate({
      adminUrl: db.adminUrl,
      appUrl: db.url,
      say: (line) => {
        told.push(line);
        void other.end();
      },
    });
    expect(functions).toBeGreaterThan(10);
    expect(told).toEqual([
      expect.stringMatching(
        /^Another migration is running: sluice-migrate of somebody, process \d+ of the database \(login \w+\)\. Waiting/,
      ),
    ]);
  });
});
