/**
 * In how long a token is to be refreshed: `beforeMs` before its end. One that lives hardly longer than that is used up
 * by half, or each refresh would be followed by the next.
 */
export function refreshDueInMs(
  { expiresInMs, ageMs }: { expiresInMs: number; ageMs: number | null },
  beforeMs: number,
): number {
  const halfMs = ageMs === null ? Infinity : Math.max(0, expiresInMs + ageMs) / 2;
  return Math.max(0, expiresInMs - Math.min(beforeMs, halfMs));
}
