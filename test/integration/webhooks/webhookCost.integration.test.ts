import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { forWorkspace } from '../../../src/db/tenant.js';
import { takeEvents } from '../../../src/db/webhooks/intake.js';
import { createReadRoom } from '../../../src/db/webhooks/readRoom.js';
import { endReads, hasReads, nextReads } from '../../../src/db/webhooks/reads.js';
import { readWebhookEvent } from '../../../src/domain/webhooks/webhookEvent.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createExplainedPool } from '../../support/plans.js';
import { WORKSPACE } from '../../support/throttle.js';

const EVENTS = 1000;
const object = { workspaceId: WORKSPACE, portalId: 100, objectType: 'contacts' };

let db: TestDatabase;
let explained: ReturnType<typeof createExplainedPool>;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.admin.query(
    `ALTER TABLE webhook_reads SET (autovacuum_enabled = off); ALTER TABLE sync_states SET (autovacuum_enabled = off)`,
  );
  explained = createExplainedPool(db.adminUrl.reveal(), 'sluice_app', { parts: true });
  await db.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [WORKSPACE, 'w']);
  await db.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES (100, $1)', [WORKSPACE]);
  await db.admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, loaded_at) VALUES ($1, 100, 'contacts', now())`,
    [WORKSPACE],
  );
});
afterAll(async () => {
  await explained.pool.end();
  await db.drop();
});

const events = (round: number) =>
  Array.from({ length: EVENTS }, (_, n) => ({
    workspaceId: WORKSPACE,
    event: readWebhookEvent({
      ...{ eventId: round * EVENTS + n, subscriptionId: 1, portalId: 100, occurredAt: Date.now() },
      ...{ subscriptionType: 'contact.associationChange', associationType: 'CONTACT_TO_COMPANY' },
      ...{ fromObjectId: round * EVENTS + n + 1, toObjectId: 1 },
    })!,
  }));

describe('a commit of a thousand events', () => {
  test('reads no more of anything for each than a few rows, however many wait, in tables that were never analysed', async () => {
    const wrong: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const { fresh } = await takeEvents(explained.pool, events(round), { mostAlone: 6 * EVENTS });
      expect(fresh).toBe(EVENTS);
      const scoped = forWorkspace(explained.pool, WORKSPACE);
      await hasReads(explained.pool, object);
      const next = await nextReads(scoped, object, { erases: false, most: 100 });
      await endReads(scoped, object, next);
      await nextReads(scoped, object, { erases: true, most: 10 });
      for (const { relation, node, rows, statement } of explained.take())
        // What is in the way of its bound is counted up to it.
        if (rows > 6 * EVENTS) wrong.push(`${node} of ${relation}: ${rows} rows, ${statement.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  test('counts what waits once for many commits, and not for each', async () => {
    let now = 1000;
    const room = createReadRoom({ now: () => now });
    const counted: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      explained.take();
      await takeEvents(explained.pool, events(100 + round).slice(0, 100), { mostAlone: 100 * EVENTS, room });
      const counts = explained
        .take()
        .filter(({ relation, node }) => relation === 'webhook_reads' && node.includes('Index'));
      counted.push(Math.max(0, ...counts.map(({ rows }) => rows)));
      if (round === 4) now += 1000; // what was counted holds no longer
    }
    expect(counted[0]).toBeGreaterThan(EVENTS);
    expect(counted.slice(1, 5)).toEqual([0, 0, 0, 0]);
    expect(counted[5]).toBeGreaterThan(EVENTS);
  }, 60_000);
});
