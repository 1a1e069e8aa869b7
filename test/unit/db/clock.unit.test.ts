import { describe, expect, it } from '@jest/globals';
import { clockCheck } from '../../../src/db/checks.js';
import { createDatabaseClock } from '../../../src/db/clock.js';
import { createLogger } from '../../../src/platform/logger.js';

const NOON = Date.UTC(2026, 10, 24, 12);

function setUp(machineAheadMs: number) {
  const world = { elapsedMs: 0, suspendedMs: 0, roundTripMs: 0, away: false, asked: 0 };
  const pool = {
    query: () => {
      world.asked += 1;
      if (world.away) return Promise.reject(new Error('away'));
      world.elapsedMs += world.roundTripMs / 2;
      const ms = NOON + world.elapsedMs + world.suspendedMs;
      world.elapsedMs += world.roundTripMs / 2;
      return Promise.resolve({ rows: [{ ms }] });
    },
  };
  const clock = createDatabaseClock({
    pool: pool as never,
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    wallMs: () => NOON + world.elapsedMs + world.suspendedMs + machineAheadMs,
    monotonicMs: () => world.elapsedMs,
  });
  return { world, clock, databaseMs: () => NOON + world.elapsedMs + world.suspendedMs };
}

describe("the database's clock", () => {
  it.each([-600_000, 0, 65_000])(
    'is what counts on a machine whose own is %d ms ahead, also between two readings',
    async (aheadMs) => {
      const { world, clock, databaseMs } = setUp(aheadMs);
      world.roundTripMs = 300;
      expect(clock.driftMs()).toBeUndefined();
      await clock.measure();
      world.elapsedMs += 59_000;
      expect(clock.nowMs()).toBe(databaseMs());
      expect(clock.driftMs()).toBe(aheadMs);
    },
  );

  it('goes by whole milliseconds, for what is stored of it is read back as such', async () => {
    const { world, clock } = setUp(0);
    world.elapsedMs = 0.25;
    await clock.measure();
    world.elapsedMs += 41.5;
    expect(clock.nowMs()).toBe(NOON + 41);
  });

  it('is read anew when the machine was suspended', async () => {
    const { world, clock, databaseMs } = setUp(0);
    await clock.measure();
    world.suspendedMs = 3_600_000;
    clock.nowMs();
    await clock.measure();
    expect(clock.nowMs()).toBe(databaseMs());
    expect(world.asked).toBe(2);
  });

  it('is not believed when the answer took too long; the last reading counts while the database is away', async () => {
    const { world, clock, databaseMs } = setUp(65_000);
    await clock.measure();
    world.roundTripMs = 5000;
    await clock.measure();
    world.away = true;
    await expect(clock.measure()).rejects.toThrow('away');
    expect(clock.nowMs()).toBe(databaseMs());
  });

  it('turns readiness red above 30 seconds of drift', async () => {
    await expect(clockCheck(setUp(29_000).clock)()).resolves.toBeUndefined();
    await expect(clockCheck(setUp(-31_000).clock)()).rejects.toThrow('31 s behind');
    await expect(clockCheck(setUp(65_000).clock)()).rejects.toThrow('65 s ahead');
  });
});
