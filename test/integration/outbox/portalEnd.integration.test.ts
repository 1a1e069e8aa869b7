import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutboxEndSweep, createOutboxPortalHook } from '../../../src/activities/outbox/portalHook.js';
import { claimEvents, settleEvents } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { createLogger } from '../../../src/platform/logger.js';
import { NO_WORKSPACE } from '../../../src/services/outbox/destination.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { dispatcherOf, insertRow, soundRow } from '../../support/inbox.js';
import { newEvent } from '../../support/outboxEvents.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';

const OTHER = '00000000-0000-4000-8000-000000000002';
const FIRST = 7_800_001;
const PORTAL = 7_800_002;
const NOBODYS = 7_800_003;
const portal = { workspaceId: OTHER, portalId: PORTAL };
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const alive = () => undefined;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.admin.query(
    'TRUNCATE outbox_inbox, outbox_pending, outbox_dead, outbox_claims, outbox_holds, outbox_portals, portals, workspaces CASCADE',
  );
  await seedLane(database.admin, { portalId: FIRST, limit: 1, intervalMs: 1000 });
  await seedLane(database.admin, { ...portal, limit: 1, intervalMs: 1000 });
});

const become = (state: string) =>
  database.admin.query('UPDATE portals SET state = $2 WHERE portal_id = $1', [PORTAL, state]);
const hook = () => createOutboxPortalHook({ pool: database.pool, logger });
const sweep = () => createOutboxEndSweep({ pool: database.admin, logger })();
const capture = (n: number) =>
  enqueueEvents(
    database.pool,
    Array.from({ length: n }, (_, at) => newEvent(portal, at, { orderingKey: `k${at % 2}` })),
  );
const dead = async () => {
  const { rows } = await database.admin.query<{ workspace: string; portal: string; class: string }>(
    `SELECT workspace_id AS workspace, portal_id::text AS portal, error_class AS class, count(*)::int AS n
       FROM outbox_dead GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
  return rows;
};
const pending = async () => (await database.admin.query('SELECT FROM outbox_pending')).rows.length;
const gone = { workspace: OTHER, portal: String(PORTAL), class: 'disconnected' };

describe('a portal that is disconnected', () => {
  it('ends what waits of it, with that reason, and leaves what is in hand to its delivery', async () => {
    await capture(1200);
    const claim = (await claimEvents(database.pool, { ...portal, owner: 'a', max: 2, leaseMs: 60_000 }))!;
    await become('disconnecting');
    const ending = { ...portal, reason: 'The portal was disconnected' };
    expect(await hook().ending(ending, alive)).toEqual({ marked: 1198, left: 2 });
    const [first, second] = claim.events.map(({ eventId }) => eventId);
    const others = [{ id: second!, to: 'retry', inMs: 1, class: 'transient', error: 'away' }] as const;
    expect(
      await settleEvents(database.pool, { ...portal, ...claim, mode: 'live', done: [first!], others }),
    ).toBe(true);
    expect(await hook().ending(ending, alive)).toEqual({ marked: 1, left: 0 });
    expect(await dead()).toEqual([{ ...gone, n: 1199 }]);
  });

  it('ends what is left in the hands of a delivery when the token is gone: that settles nothing', async () => {
    await capture(3);
    const claim = (await claimEvents(database.pool, { ...portal, owner: 'a', max: 2, leaseMs: 60_000 }))!;
    await become('disconnecting');
    expect(await hook().ended({ ...portal, reason: 'gone' }, alive)).toBe(3);
    const done = claim.events.map(({ eventId }) => eventId);
    expect(await settleEvents(database.pool, { ...portal, ...claim, mode: 'live', done, others: [] })).toBe(
      false,
    );
    expect(await dead()).toEqual([{ ...gone, n: 3 }]);
  });

  it('ends nothing of a portal that was connected again meanwhile', async () => {
    await capture(3);
    expect(await hook().ended({ ...portal, reason: 'gone' }, alive)).toBe(0);
    expect(await sweep()).toBe(0);
    expect(await pending()).toBe(3);
  });

  it('has what came before everybody knew ended by a sweep', async () => {
    await capture(3);
    await become('disconnected');
    expect(await sweep()).toBe(3);
    expect(await dead()).toEqual([{ ...gone, n: 3 }]);
  });

  it.each(['disconnecting', 'disconnected'])(
    'keeps what comes later for its own workspace, and for no other: %s',
    async (state) => {
      await become(state);
      await insertRow(database.admin, soundRow(PORTAL));
      await dispatcherOf(database).dispatch();
      expect(await dead()).toEqual([{ ...gone, n: 1 }]);
    },
  );
});

describe('an event of a portal that nobody holds', () => {
  const strays = () => insertRow(database.admin, soundRow(NOBODYS));

  it('is kept without a tenant where there are several, and goes to who proves to hold the portal', async () => {
    await strays();
    await dispatcherOf(database).dispatch();
    const stray = { portal: String(NOBODYS), class: 'unclaimed', n: 1 };
    expect(await dead()).toEqual([{ workspace: NO_WORKSPACE, ...stray }]);
    await seedLane(database.admin, { workspaceId: OTHER, portalId: NOBODYS, limit: 1, intervalMs: 1000 });
    // Who has only said that the portal is theirs gets nothing.
    expect(await sweep()).toBe(0);
    await database.admin.query('UPDATE portals SET verified_at = now() WHERE portal_id = $1', [NOBODYS]);
    expect(await sweep()).toBe(1);
    expect(await dead()).toEqual([{ workspace: OTHER, ...stray }]);
  });

  it('stays with the workspace of a service that has only one', async () => {
    await database.admin.query('TRUNCATE portals, workspaces CASCADE');
    await seedLane(database.admin, { portalId: FIRST, limit: 1, intervalMs: 1000 });
    await strays();
    await dispatcherOf(database).dispatch();
    expect(await dead()).toEqual([{ workspace: WORKSPACE, portal: String(NOBODYS), class: 'invalid', n: 1 }]);
  });
});
