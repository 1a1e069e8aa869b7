import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createExplainedPool } from '../../support/plans.js';
import { callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';

const [LANES, CALLS, ROUNDS] = [8, 100, 20];

let db: TestDatabase;
let explained: ReturnType<typeof createExplainedPool>;
beforeAll(async () => {
  db = await createTestDatabase();
  explained = createExplainedPool(db.adminUrl.reveal());
  // As the application: the policies of tenants are part of each plan.
  explained.pool.on('connect', (client) => void client.query('SET ROLE sluice_app'));
});
afterAll(async () => {
  await explained.pool.end();
  await db.drop();
});

describe('an intake', () => {
  it('reads no more rows of what waits than it takes, in tables that fill and were never analysed', async () => {
    const lanes: string[] = [];
    for (let n = 0; n < LANES; n += 1)
      lanes.push(await seedLane(db.admin, { portalId: 100 + n, limit: 10, intervalMs: 1000 }));
    const most = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const calls = lanes.flatMap((laneId, n) =>
        callsFor(laneId, CALLS, 100 + n).map((call) => ({
          ...call,
          callbackId: `${call.callbackId}-${round}`,
        })),
      );
      await intakeExecutions(explained.pool, calls, LIMITS);
      for (const laneId of lanes) await takePack(explained.pool, { workspaceId: WORKSPACE, laneId }, CALLS);
      for (const { relation, node, rows } of explained.take())
        if (relation === 'executions') most.set(node, Math.max(rows, most.get(node) ?? 0));
    }
    expect([...most].filter(([, rows]) => rows > LANES * CALLS)).toEqual([]);
  }, 60_000);
});
