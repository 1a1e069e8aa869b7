/*
 * Two sets of ids compared without keeping either: each id counts into one of some sums, and where a sum is another one
 * in both sets, those that count into it are looked at. Either set may be gone through in any order; an id that is gone
 * through twice makes its sum another one, so that its ids are looked at without need.
 */

export type Tally = readonly number[];

const SUMS = 256;
const SUM_BITS = 40;
/** Spreads ids that ascend over all bits. */
const SPREAD = 0x9e3779b97f4a7c15n;

export const EMPTY: Tally = [];

export const withIds = (tally: Tally, ids: readonly string[]): Tally => {
  const sums = Array.from({ length: SUMS }, (_, n) => tally[n] ?? 0);
  for (const id of ids) {
    const n = sumOf(id);
    sums[n] = ((sums[n] ?? 0) + weightOf(id)) % 2 ** SUM_BITS;
  }
  return sums;
};

/** Into which of the sums an id counts. */
export const sumOf = (id: string): number => Number(BigInt(id) % BigInt(SUMS));

/** The sums in which the two differ. */
export const differing = (one: Tally, other: Tally): readonly number[] =>
  Array.from({ length: SUMS }, (_, n) => n).filter((n) => (one[n] ?? 0) !== (other[n] ?? 0));

const weightOf = (id: string): number =>
  Number(BigInt.asUintN(SUM_BITS, BigInt.asUintN(64, BigInt(id) * SPREAD) >> BigInt(64 - SUM_BITS)));
