import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { markPackStarted, setPackWake, takePack } from '../../../src/db/throttle/packs.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createReplanner } from '../../../src/services/throttle/replanner.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());

describe('a new plan', () => {
  it('wakes the workflows whose time came nearer, head first, and no other', async () => {
    const laneId = await seedLane(db.admin, { limit: 1, intervalMs: 60_000 });
    await intakeExecutions(db.pool, callsFor(laneId, 40), LIMITS);
    const ids: string[] = [];
    for (let i = 0; i < 40; i += 1) {
      const pack = (await takePack(db.pool, ours(laneId), 1))!;
      await markPackStarted(db.pool, pack);
      await setPackWake(db.pool, pack, pack.dueInMs);
      ids.push(pack.workflowId);
    }
    const nudged: string[] = [];
    const temporal = {
      startPack: () => Promise.resolve(),
      nudgePack: (id: string) => Promise.resolve(nudged.push(id) > 0),
    };
    const config = { THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000 };
    const replanner = createReplanner({ pool: db.pool, temporal, config, logger });
    await replanner.replan(ours(laneId));
    expect(nudged).toEqual([]);
    await db.admin.query('UPDATE lanes SET rate_limit = 1, rate_interval_ms = 1000 WHERE id = $1', [laneId]);
    await replanner.replan(ours(laneId));
    expect(nudged.length).toBeGreaterThanOrEqual(18);
    expect(nudged.length).toBeLessThanOrEqual(22);
    expect([...nudged].sort()).toEqual(ids.slice(1, nudged.length + 1).sort());
  });
});
