import type { Logger } from '../platform/logger.js';
import type { Queryable } from './pool.js';

/** The database's clock, as far as this process knows it without asking each time (law 7). */
export interface DatabaseClock {
  /** Whole milliseconds since 1970 by the database; by this machine until the database was asked once. */
  nowMs(): number;
  /** How far this machine's clock is ahead; undefined until the database was asked once. */
  driftMs(): number | undefined;
  /** Asks the database now. Rejects when it does not answer; what was measured before stays. */
  measure(): Promise<void>;
  start(): void;
  stop(): void;
}

interface Dependencies {
  readonly pool: Queryable;
  readonly logger: Logger;
  readonly wallMs?: () => number;
  readonly monotonicMs?: () => number;
}

interface Measured {
  readonly databaseMs: number;
  readonly wallMs: number;
  readonly monotonicMs: number;
}

const EVERY_MS = 60_000;
/** An answer that took longer than this says too little about when it was given. */
const MAX_ROUND_TRIP_MS = 2000;
/** The two clocks of this machine went apart: it was suspended, or somebody set its clock. */
const JUMP_MS = 1000;

export function createDatabaseClock({
  pool,
  logger,
  wallMs = Date.now,
  monotonicMs = () => performance.now(),
}: Dependencies): DatabaseClock {
  let measured: Measured | undefined;
  let measuring: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function ask(): Promise<void> {
    const before = monotonicMs();
    const { rows } = await pool.query<{ ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
    );
    const after = monotonicMs();
    if (!rows[0] || after - before > MAX_ROUND_TRIP_MS) return;
    const halfway = (after - before) / 2;
    measured = { databaseMs: rows[0].ms + halfway, wallMs: wallMs(), monotonicMs: after };
  }

  function measure(): Promise<void> {
    measuring ??= ask().finally(() => (measuring = undefined));
    return measuring;
  }

  function measureSoon(): void {
    measure().catch((error: unknown) => {
      logger.warn("The database's clock cannot be read; the last reading of it counts", { error });
    });
  }

  return {
    nowMs() {
      if (!measured) return wallMs();
      const elapsed = monotonicMs() - measured.monotonicMs;
      // The monotonic clock stands still while a machine is suspended, and the other one may be set.
      if (Math.abs(wallMs() - measured.wallMs - elapsed) > JUMP_MS && !measuring) measureSoon();
      return Math.floor(measured.databaseMs + elapsed);
    },
    driftMs() {
      if (!measured) return undefined;
      return wallMs() - (measured.databaseMs + monotonicMs() - measured.monotonicMs);
    },
    measure,
    start() {
      measureSoon();
      timer = setInterval(measureSoon, EVERY_MS).unref();
    },
    stop: () => clearInterval(timer),
  };
}
