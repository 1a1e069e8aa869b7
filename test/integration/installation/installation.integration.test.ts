import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  adoptInstallation,
  readInstallation,
  readInstallations,
} from '../../../src/db/installation/installations.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { migrate } from '../../../src/db/migrate.js';
import { createLogger } from '../../../src/platform/logger.js';
import {
  refuseForeignNamespace,
  settleInstallation,
} from '../../../src/services/installation/settleInstallation.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';
import { WORKSPACE } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const LIFT = 1_000_000_000;

let db: TestDatabase;
/** The arguments of the one schedule of a namespace. */
let args: readonly unknown[];
beforeEach(async () => {
  db = await createTestDatabase();
  args = [];
});
afterEach(() => db.drop());

const temporal = {
  scheduleArgs: () => Promise.resolve(args),
  setScheduleArgs: (_: string, given: readonly unknown[]) => Promise.resolve(void (args = given)),
};
const deps = () => ({ pool: db.pool, temporal, logger, namespace: 'default' });
const settle = (options = {}) => settleInstallation(deps(), options);
const now = async () => (await readInstallation(db.pool))!;
const capture = () => db.admin.query(`SELECT sluice_track_event('nova_earned', '{}')`);
const dispatch = () => enqueueEvents(db.pool, [newEvent({ workspaceId: WORKSPACE, portalId: 7 }, 1)]);
/** As after a restore to an earlier time: another timeline. */
const moveTimeline = () => db.admin.query(`UPDATE installations SET place = left(place, -8) || '000000FF'`);

describe('an installation', () => {
  it('is made with the database, from its first event on, and stays over migrations', async () => {
    const made = await now();
    expect(made).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{12}$/), moved: false });
    expect(await readInstallations(db.pool)).toEqual([{ id: made.id, fromEventId: '1' }]);
    await migrate({ adminUrl: db.adminUrl, appUrl: db.url });
    expect(await now()).toEqual(made);
  });

  it('of a database from before begins after the events that it has: those keep their keys', async () => {
    await db.admin.query(`TRUNCATE installations; SELECT setval('outbox_event_ids', 41)`);
    await migrate({ adminUrl: db.adminUrl, appUrl: db.url });
    expect(await readInstallations(db.pool)).toMatchObject([{ fromEventId: '42' }]);
  });

  it('cannot be changed by the application', async () => {
    await expect(db.pool.query(`UPDATE installations SET id = 'x'`)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a database that was restored', () => {
  it('takes no event before it has a new id; then it numbers far above, and what waited in the inbox, too', async () => {
    await dispatch();
    const before = await now();
    await settle();
    await moveTimeline();
    await capture(); // after the restore: under a number that another event may have had
    await expect(dispatch()).rejects.toThrow(/was restored or copied: events are taken when/);

    const after = await settle();
    expect(after.id).not.toBe(before.id);
    expect(after.moved).toBe(false);
    const [former, latest] = await readInstallations(db.pool);
    expect([former!.id, latest!.id]).toEqual([before.id, after.id]);
    expect(Number(latest!.fromEventId)).toBeGreaterThan(LIFT);
    const { rows } = await db.admin.query<{ id: string }>('SELECT id FROM outbox_inbox');
    expect(Number(rows[0]!.id)).toBeGreaterThan(Number(latest!.fromEventId));
    const [enqueued] = await dispatch();
    expect(Number(enqueued!.eventId)).toBeGreaterThan(Number(latest!.fromEventId));
    // What executions are numbered by is lifted with it.
    const lifted = await db.admin.query<{ last: string }>('SELECT last_value AS last FROM executions_id_seq');
    expect(Number(lifted.rows[0]!.last)).toBeGreaterThan(LIFT);
    expect(await settle()).toEqual({ ...after, lastEventId: expect.any(Number) }); // once
  });

  it('is noticed by the numbers that Temporal knows of, where nothing else tells: a snapshot', async () => {
    await db.admin.query(`SELECT setval('outbox_event_ids', 500)`);
    const before = await settle();
    await db.admin.query(`SELECT setval('outbox_event_ids', 300)`);
    const after = await settle();
    expect(after.id).not.toBe(before.id);
    expect(after.lastEventId).toBeGreaterThan(LIFT + 500 - 1);
    expect(args).toMatchObject([{ installation: after.id }]);
  });

  it('to a time before its last new id takes another one', async () => {
    const first = await settle();
    await db.admin.query('CREATE TABLE kept AS SELECT * FROM installations');
    await moveTimeline();
    const second = await settle();
    await db.admin.query('TRUNCATE installations; INSERT INTO installations SELECT * FROM kept');
    const third = await settle();
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect(third.lastEventId).toBeGreaterThan(second.lastEventId);
  });

  it('takes one new id when two processes notice it at once', async () => {
    const { id } = await settle();
    const given = { seen: id, reason: 'test', lastKnown: 0 };
    const ids = await Promise.all([adoptInstallation(db.pool, given), adoptInstallation(db.pool, given)]);
    expect(new Set(ids).size).toBe(1);
    expect(await readInstallations(db.pool)).toHaveLength(2);
  });

  it('takes a new id when somebody says that it was restored', async () => {
    const before = await settle();
    const after = await settle({ force: true });
    expect(after.id).not.toBe(before.id);
    expect(args).toMatchObject([{ installation: after.id }]);
  });
});

describe('two installations on one Temporal namespace', () => {
  it('notice each other: the second one is refused in words that name the first, and changes nothing', async () => {
    const first = await settle();
    const other = await createTestDatabase();
    try {
      const theirs = { pool: other.pool, temporal, logger, namespace: 'default' };
      for (const look of [settleInstallation, refuseForeignNamespace])
        await expect(look(theirs)).rejects.toMatchObject({
          code: 'conflict',
          message: expect.stringContaining(`namespace "default" is that of installation ${first.id}`),
        });
      expect(args).toMatchObject([{ installation: first.id }]);
      // It is that one's copy, and that one is gone.
      const taken = await settleInstallation(theirs, { force: true });
      expect(args).toMatchObject([{ installation: taken.id }]);
      await expect(settle()).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      await other.drop();
    }
  });

  it('are told apart when one is a copy of the other', async () => {
    const original = await settle();
    const copy = await createTestDatabase();
    try {
      await copy.admin.query('UPDATE installations SET id = $1, place = $2', [original.id, original.place]);
      const theirs = { pool: copy.pool, temporal, logger, namespace: 'default' };
      await expect(settleInstallation(theirs)).rejects.toMatchObject({ code: 'conflict' });
      // In a namespace of its own it takes an id of its own.
      args = [];
      expect((await settleInstallation(theirs)).id).not.toBe(original.id);
    } finally {
      await copy.drop();
    }
  });
});
