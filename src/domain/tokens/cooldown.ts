export type RefreshFailureClass = 'restart' | 'configuration' | 'transient' | 'unknown';

interface Shape {
  readonly baseMs: number;
  readonly maxMs: number;
}

const SHAPES: Record<RefreshFailureClass, Shape> = {
  transient: { baseMs: 1000, maxMs: 300_000 },
  unknown: { baseMs: 1000, maxMs: 300_000 },
  // Only a person can mend it, and all portals fail alike.
  configuration: { baseMs: 30_000, maxMs: 300_000 },
  restart: { baseMs: 30_000, maxMs: 300_000 },
};
const MIN_MS = 250;

/**
 * How long to leave HubSpot's token endpoint alone after the `failures`-th failure in a row: doubling, with full
 * jitter, so that portals whose refreshes failed together do not come back together. Never sooner than HubSpot asked
 * for, and a short wish does not keep the pauses from growing.
 */
export function coolDownMs(
  kind: RefreshFailureClass,
  failures: number,
  options: { retryAfterMs?: number | undefined; random: () => number },
): number {
  const { baseMs, maxMs } = SHAPES[kind];
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(20, Math.max(0, failures - 1)));
  const asked = options.retryAfterMs ?? 0;
  const own = options.random() * full;
  return Math.round(Math.max(MIN_MS, own, asked + options.random() * (asked / 4)));
}
