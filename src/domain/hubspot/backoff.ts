/**
 * How long to wait before try `attempt + 1`: doubling from `baseMs`, at most `maxMs`, with jitter over the upper half,
 * so that those who failed together do not come back together.
 */
export function backoffMs(
  attempt: number,
  options: { baseMs: number; maxMs: number; random: () => number },
): number {
  const full = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(full / 2 + (options.random() * full) / 2);
}
