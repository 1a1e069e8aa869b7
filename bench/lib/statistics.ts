/** Statistics of a few runs, or of many latencies. Empty lists give NaN, which passes no target. */

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function least(values: readonly number[]): number {
  return values.length > 0 ? values.reduce((a, b) => Math.min(a, b)) : NaN;
}

export function most(values: readonly number[]): number {
  return values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) : NaN;
}

/** With linear interpolation between the two nearest ranks. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}
