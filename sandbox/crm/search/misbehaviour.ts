import { displaced, seededRandom } from '../../platform/random.js';

/** How searches and lists of one type of records misbehave, as others reported it (docs/hubspot.md#search). */
export interface Misbehaviour {
  /** Pages have fewer hits than asked for; the cursor goes on as if they were full. Those of lists are halved. */
  shortPages: boolean;
  /** Every other page of a search has no hits at all, and says that there are more. */
  emptyPages: boolean;
  /** Hits of a search stand anywhere within two pages. */
  outOfOrder: boolean;
  /** Hits that were modified before or after the times that a search asks for. */
  outside: 'none' | 'older' | 'newer' | 'both';
  /** The order of ids in lists, and in searches that sort by nothing or by id. */
  ids: 'ascending' | 'scattered';
  totals: 'right' | 'zero' | 'low' | 'high';
}

/** The place of a hit that is not shown. */
export const HOLE = -1;

const HITS_UP_TO_A_HOLE = 6;

/** Smaller for ids that come earlier in the scattered order: by their digits, read from the end. */
export function scattered(id: number): number {
  let [left, key] = [id, 0];
  while (left > 0) {
    key = key * 10 + (left % 10);
    left = Math.floor(left / 10);
  }
  return key;
}

/**
 * The places of a result, as a search counts them: hits, holes, and strangers from outside of the window. Nothing that
 * was found is missing, and the same request answers the same places.
 */
export function arrange(
  found: readonly number[],
  limit: number,
  { shortPages, emptyPages, outOfOrder }: Misbehaviour,
  strangers: readonly number[],
): number[] {
  const blockSize = Math.max(2, 2 * limit);
  const mixed = [...found.slice(0, 1), ...strangers, ...found.slice(1)];
  const ordered = outOfOrder
    ? blocksOf(mixed, blockSize).flatMap((block, n) => displaced(block, seededRandom(n)))
    : mixed;
  const short = shortPages
    ? blocksOf(ordered, HITS_UP_TO_A_HOLE).flatMap((block) => [...block, HOLE])
    : ordered;
  if (!emptyPages || limit === 0) return short;
  const empty = Array.from({ length: limit }, () => HOLE);
  return blocksOf(short, limit).flatMap((page, n) => (n === 0 ? page : [...empty, ...page]));
}

export function shownTotal(total: number, { totals }: Misbehaviour): number {
  switch (totals) {
    case 'right':
      return total;
    case 'zero':
      return 0;
    case 'low':
      return Math.floor(total / 2);
    case 'high':
      return 2 * total + 1;
  }
}

function blocksOf(items: readonly number[], size: number): number[][] {
  const blocks: number[][] = [];
  for (let at = 0; at < items.length; at += size) blocks.push(items.slice(at, at + size));
  return blocks;
}
