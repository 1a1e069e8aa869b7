import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { forWorkspace } from '../../../src/db/tenant.js';
import { keepStrays, takeEvents } from '../../../src/db/webhooks/intake.js';
import { countEvents, listUnread, listWebhookTypes, replayEvents } from '../../../src/db/webhooks/status.js';
import { readWebhookEvent } from '../../../src/domain/webhooks/webhookEvent.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { WORKSPACE } from '../../support/throttle.js';

const OTHER = '00000000-0000-4000-8000-0000000000aa';
let db: TestDatabase;
let n = 0;
beforeAll(async () => {
  db = await createTestDatabase();
  for (const id of [WORKSPACE, OTHER])
    await db.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [id, id]);
  await db.admin.query(
    'INSERT INTO portals (portal_id, workspace_id) VALUES (100, $1), (101, $1), (102, $2)',
    [WORKSPACE, OTHER],
  );
  await db.admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, loaded_at, seen_first)
     VALUES ($1, 100, 'contacts', now(), '{"search": 3}'), ($1, 100, 'deals', now(), '{}'), ($1, 101, 'contacts', now(), '{}')`,
    [WORKSPACE],
  );
});
afterAll(() => db.drop());
beforeEach(() => db.admin.query('TRUNCATE webhook_events, webhook_reads, webhook_counts, webhook_strays'));

const scoped = () => forWorkspace(db.pool, WORKSPACE);
const event = (over: Record<string, unknown> = {}) =>
  readWebhookEvent({
    ...{ eventId: (n += 1), subscriptionId: 1, portalId: 100, occurredAt: Date.now() },
    ...{ subscriptionType: 'contact.propertyChange', objectId: 51, propertyName: 'email' },
    ...over,
  })!;
const take = (...events: ReturnType<typeof event>[]) =>
  takeEvents(
    db.pool,
    events.map((one) => ({ workspaceId: WORKSPACE, event: one })),
  );
const types = (over = {}) => listWebhookTypes(scoped(), WORKSPACE, { limit: 50, ...over });

describe('how webhooks stand', () => {
  test('is said of each mirrored type: what waits and since when, what came, what came to a portal that was not here', async () => {
    await take(event(), event({ objectId: 52 }), event({ portalId: 101 }));
    const count = { workspaceId: WORKSPACE, portalId: 100, objectType: 'contacts' };
    await countEvents(db.pool, [{ ...count, received: 2, late: 0 }]);
    await countEvents(db.pool, [
      { ...count, received: 3, late: 1 },
      { ...count, objectType: 'other', received: 3, late: 1 },
    ]);
    await db.admin.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id <> 101`);
    await keepStrays(db.pool, [event({ portalId: 100 }), event({ portalId: 102 })]);
    await db.admin.query(`UPDATE portals SET state = 'active'`);
    expect(await types()).toMatchObject([
      {
        ...{ portalId: 100, objectType: 'contacts', waiting: 2, together: false, oldestAt: expect.any(Date) },
        ...{ received: 5, late: 1, lastReceivedAt: expect.any(Date), strays: 1, seenFirst: { search: 3 } },
      },
      { portalId: 100, objectType: 'deals', waiting: 0, oldestAt: null, received: 0, lastReceivedAt: null },
      { portalId: 101, objectType: 'contacts', waiting: 1, strays: 0 },
    ]);
    expect((await types({ after: '100 contacts' })).map(({ objectType }) => objectType)).toEqual([
      ...['deals', 'contacts'],
    ]);
    expect(await db.admin.query('SELECT FROM webhook_counts')).toMatchObject({ rowCount: 1 });
  });

  test('tells nobody of strays of portals that are not theirs', async () => {
    await keepStrays(db.pool, [event({ portalId: 49_000_001 })]);
    const { rows } = await scoped().query<{ mine: number; others: number }>(
      'SELECT webhook_strays_of(100) AS mine, webhook_strays_of(49000001) AS others',
    );
    expect(rows).toEqual([{ mine: 0, others: 0 }]);
  });

  test('names what could not be read, with its reason', async () => {
    await take(event(), event({ objectId: 52 }));
    await db.admin.query(
      `UPDATE webhook_reads SET due_at = NULL, ended_at = now(), tries = 6, error_class = 'refused', last_error = 'no' WHERE record_id = 52`,
    );
    expect(await listUnread(scoped(), WORKSPACE, { limit: 10 })).toMatchObject([
      {
        portalId: 100,
        objectType: 'contacts',
        recordId: '52',
        tries: 6,
        errorClass: 'refused',
        message: 'no',
      },
    ]);
    expect(await listUnread(scoped(), WORKSPACE, { limit: 10, after: '100 contacts 52' })).toEqual([]);
    expect((await types())[0]).toMatchObject({ waiting: 1, unread: 1 });
  });
});

describe('events that are played again', () => {
  const span = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  const waiting = async () =>
    (
      await db.admin.query<{ id: string }>(
        'SELECT portal_id || $$/$$ || record_id AS id FROM webhook_reads ORDER BY portal_id, record_id',
      )
    ).rows.map(({ id }) => id);

  test('have their records read once more, those that were asked for; a dry run says how many', async () => {
    await take(event(), event({ objectId: 52 }), event({ objectId: 52 }), event({ portalId: 101 }));
    await db.admin.query('TRUNCATE webhook_reads');
    const asked = { ...span, portalId: 100 };
    const done = { events: 3, records: 2, isFull: false, next: null };
    expect(await replayEvents(scoped(), WORKSPACE, { ...asked, isDry: true })).toEqual(done);
    expect(await waiting()).toEqual([]);
    expect(await replayEvents(scoped(), WORKSPACE, { ...asked, isDry: false })).toEqual(done);
    expect(await waiting()).toEqual(['100/51', '100/52']);
    const before = { from: new Date(0), to: span.from, isDry: false };
    expect(await replayEvents(scoped(), WORKSPACE, before)).toMatchObject({ events: 0, records: 0 });
  });

  test('go on where the last thousand ended, and wait while as many wait as may', async () => {
    for (let round = 0; round < 3; round += 1)
      await take(...Array.from({ length: 900 }, (_, k) => event({ objectId: 1 + round * 900 + k })));
    await db.admin.query('TRUNCATE webhook_reads');
    const replay = (after?: string) =>
      replayEvents(scoped(), WORKSPACE, { ...span, isDry: false, ...(after !== undefined && { after }) });
    const first = await replay();
    expect(first).toMatchObject({ events: 1000, records: 1000, isFull: false });
    const second = await replay(first.next!);
    expect(await replay(second.next!)).toMatchObject({ events: 700, next: null });
    expect(await waiting()).toHaveLength(2700);
    await db.admin.query(
      `INSERT INTO webhook_reads (workspace_id, portal_id, object_type, record_id, associations, erases)
       SELECT $1, 100, 'deals', n, false, false FROM generate_series(1, 5000) n`,
      [WORKSPACE],
    );
    expect(await replay(first.next!)).toEqual({ events: 0, records: 0, isFull: true, next: first.next });
  });
});
