import { count, milliseconds, rate } from './values.js';

const WEEK_MS = 7 * 24 * 3_600_000;

export const throttleSchema = {
  THROTTLE_DEFAULT_RATE: rate.default({ limit: 100, intervalMs: 10_000 }),
  THROTTLE_MIN_HOLD_MS: milliseconds.default(1000),
  THROTTLE_HORIZON_MS: milliseconds.min(500).max(10_000).default(2000),
  THROTTLE_MAX_PER_WORKFLOW: count(1, 100).default(100),
  THROTTLE_STARTER_WIDTH: count(1, 64).default(8),
  THROTTLE_BLOCK_MIN_MS: milliseconds.default(WEEK_MS),
  THROTTLE_BLOCK_MAX_MS: milliseconds.default(4 * WEEK_MS),
  THROTTLE_EXPIRY_GUARD_MS: milliseconds.default(300_000),
  THROTTLE_RETENTION_DAYS: count(1, 3650).default(90),
};
