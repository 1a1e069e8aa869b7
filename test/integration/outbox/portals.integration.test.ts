import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimEvents, settleEvents } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import {
  keepAwake,
  nextDueInMs,
  outboxPortalsToStart,
  portalsAsleep,
} from '../../../src/db/outbox/portals.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';

let database: TestDatabase;
let workspaceId: string;
let portalId = 500;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  workspaceId = randomUUID();
  portalId += 1;
  await database.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'outbox')`, [workspaceId]);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    portalId,
    workspaceId,
  ]);
  await enqueueEvents(database.pool, [newEvent({ workspaceId, portalId }, 1)]);
});

const db = () => forWorkspace(database.pool, workspaceId);
const toStart = async () =>
  (await outboxPortalsToStart(database.pool, 1000)).filter((portal) => portal.portalId === portalId);

describe('deliveries of the outbox', () => {
  test('a portal with events is started by who brought them, and by the sweep, unless a delivery is awake', async () => {
    expect(await portalsAsleep(db(), [portalId])).toEqual([portalId]);
    expect(await toStart()).toEqual([{ portalId, workspaceId }]);
    await keepAwake(db(), portalId, 60_000);
    expect(await portalsAsleep(db(), [portalId])).toEqual([]);
    expect(await toStart()).toEqual([]);
    await keepAwake(db(), portalId, null);
    expect(await portalsAsleep(db(), [portalId])).toEqual([portalId]);
  });

  test('one that must be authorised anew is left alone until it is', async () => {
    const setState = (state: string) =>
      database.admin.query('UPDATE portals SET state = $2 WHERE portal_id = $1', [portalId, state]);
    await setState('reauth_required');
    expect(await toStart()).toEqual([]);
    await setState('active');
    expect(await toStart()).toEqual([{ portalId, workspaceId }]);
  });

  test('one whose events all wait for their time is started when the first is due', async () => {
    const claim = await claimEvents(database.pool, {
      workspaceId,
      portalId,
      owner: 'x',
      max: 10,
      leaseMs: 10_000,
    });
    const [event] = claim!.events;
    await settleEvents(database.pool, {
      workspaceId,
      ...claim!,
      mode: 'live',
      done: [],
      others: [
        { id: event!.eventId, to: 'retry', inMs: 60_000, class: 'transient', error: 'HubSpot answered 503' },
      ],
    });
    expect(await toStart()).toEqual([]);
    expect(await nextDueInMs(db(), portalId)).toBeGreaterThan(30_000);
    await database.admin.query('UPDATE outbox_pending SET due_at = clock_timestamp() WHERE portal_id = $1', [
      portalId,
    ]);
    expect(await toStart()).toEqual([{ portalId, workspaceId }]);
  });

  test('one whose delivery died with events in hand is started when its claim has run out', async () => {
    await claimEvents(database.pool, { workspaceId, portalId, owner: 'x', max: 10, leaseMs: 0 });
    expect(await toStart()).toEqual([{ portalId, workspaceId }]);
  });
});
