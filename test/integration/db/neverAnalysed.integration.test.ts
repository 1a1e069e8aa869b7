import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimEvents, settleEvents } from '../../../src/db/outbox/claims.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { writePage } from '../../../src/db/sync/pages.js';
import { newerThanMirror } from '../../../src/db/sync/states.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { lookAtPack } from '../../../src/db/throttle/lookAtPack.js';
import { finishPack, takePack } from '../../../src/db/throttle/packs.js';
import { settleReleases } from '../../../src/db/throttle/settleReleases.js';
import { mirrored } from '../../../src/domain/crm/mirroredRecord.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { newEvent } from '../../support/outboxEvents.js';
import { createExplainedPool } from '../../support/plans.js';
import { callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';

/*
 * Tables fill for a minute and more before autovacuum has analysed them for the first time: plans that are made until
 * then know nothing of them, and one that is good for an empty table may read all of a full one.
 */

let db: TestDatabase;
let explained: ReturnType<typeof createExplainedPool>;
beforeAll(async () => {
  db = await createTestDatabase();
  // While the test runs, too.
  await db.admin.query(
    `DO $$ DECLARE t regclass; BEGIN
       FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
         EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', t);
       END LOOP; END $$`,
  );
  // As the application: the policies of tenants are part of each plan.
  explained = createExplainedPool(db.adminUrl.reveal(), 'sluice_app');
});
afterAll(async () => {
  await explained.pool.end();
  await db.drop();
});

/** The most rows that one statement read of a table in each step, where that was more than it could need. */
async function excesses(
  most: number,
  steps: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<string[]> {
  const found = new Map<string, number>();
  for (const [step, run] of Object.entries(steps)) {
    await run();
    for (const { relation, node, rows, statement } of explained.take())
      if (rows > most && node !== 'ModifyTable') {
        const what = `${step}: ${node} of ${relation} ${statement.replace(/\s+/g, ' ').slice(0, 400)}`;
        found.set(what, Math.max(rows, found.get(what) ?? 0));
      }
  }
  return [...found].map(([what, rows]) => `${what}, ${rows} rows`);
}

describe('in tables that fill and were never analysed', () => {
  it('an execution costs no more on its way with each that waits', async () => {
    const [LANES, CALLS, ROUNDS] = [8, 100, 20];
    const lanes: string[] = [];
    for (let n = 0; n < LANES; n += 1)
      lanes.push(await seedLane(db.admin, { portalId: 100, limit: 1000, intervalMs: 1000 }));
    const { pool } = explained;
    const wrong: string[] = [];
    // What is ahead of a pack is counted: near the head, where a workflow wakes, that is little.
    let atHead: { workspaceId: string; packId: string }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const packs: { workspaceId: string; packId: string }[] = [];
      let admitted: Awaited<ReturnType<typeof admitReleases>>['admitted'] = [];
      wrong.push(
        ...(await excesses(LANES * CALLS * 2, {
          intake: () =>
            intakeExecutions(
              pool,
              lanes.flatMap((laneId) => callsFor(laneId, CALLS, 100)),
              LIMITS,
            ),
          take: async () => {
            for (const laneId of lanes) {
              const pack = await takePack(pool, { workspaceId: WORKSPACE, laneId }, CALLS);
              if (pack) packs.push(pack);
            }
            if (atHead.length === 0) atHead = packs.slice(0, 2);
          },
          look: async () => {
            for (const pack of atHead) await lookAtPack(pool, pack, 1000, 0);
          },
          admit: async () => {
            ({ admitted } = await admitReleases(pool, {
              ...{ workspaceId: WORKSPACE, laneIds: lanes, max: 50, owner: 'test', leaseMs: 5000, holdMs: 0 },
            }));
          },
          settle: () =>
            settleReleases(pool, WORKSPACE, {
              ended: admitted.map((one) => ({ ...one, state: 'completed' as const, reason: null })),
              closed: [...new Map(admitted.map((one) => [one.admissionId, { ...one, ageMs: 0 }])).values()],
              again: [],
            }),
          finish: async () => {
            for (const pack of packs.slice(0, 1)) await finishPack(pool, pack);
          },
        })),
      );
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('an event costs no more on its way with each that waits', async () => {
    const portal = { workspaceId: WORKSPACE, portalId: 200 };
    const wrong: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      let claim: Awaited<ReturnType<typeof claimEvents>>;
      wrong.push(
        ...(await excesses(1000, {
          enqueue: () =>
            enqueueEvents(
              explained.pool,
              Array.from({ length: 300 }, (_, n) =>
                newEvent(portal, n, { eventKey: `${round}-${n}`, orderingKey: `key-${n % 50}` }),
              ),
            ),
          claim: async () => {
            claim = await claimEvents(explained.pool, { ...portal, owner: 'test', max: 50, leaseMs: 10_000 });
          },
          settle: async () => {
            if (!claim) return;
            const done = claim.events.map(({ eventId }) => eventId);
            const booked = { workspaceId: WORKSPACE, ...claim, mode: 'live', done, others: [] } as const;
            await settleEvents(explained.pool, booked);
          },
        })),
      );
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('a page of records costs no more with each that is mirrored', async () => {
    const reader = { workspaceId: WORKSPACE, portalId: 100, objectType: 'contacts', epoch: 0, fence: 0 };
    await db.admin.query(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type) VALUES ($1, 100, 'contacts')`,
      [WORKSPACE],
    );
    const at = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();
    const wrong: string[] = [];
    for (let round = 0; round < 40; round += 1) {
      const page = Array.from({ length: 100 }, (_, n) => ({
        ...{ id: String(1000 + round * 100 + n), createdAt: at(0), modifiedAt: at(round) },
        properties: { email: `person${n}@example.com` },
      }));
      const cursor = { version: 2, kind: 'load' } as const;
      const read = { readAt: new Date(), source: 'test', initial: true, cursor };
      wrong.push(
        ...(await excesses(300, {
          write: () =>
            writePage(forWorkspace(explained.pool, WORKSPACE), reader, {
              records: page.map(mirrored),
              ...read,
            }),
          look: () =>
            newerThanMirror(
              explained.pool,
              reader,
              page.map(({ id }) => ({ id, modified: Date.parse(at(round)) })),
            ),
        })),
      );
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});
