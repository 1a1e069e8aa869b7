/*
 * A list of records that goes by their ids, read in several ranges of ids at a time. HubSpot does not promise that a
 * list can be entered at an id of our own choosing, nor that ids ascend: whoever begins has seen it (services/sync),
 * and each page says whether it still holds.
 */

/** Ids that are still to be read, as their digits. */
export interface IdRange {
  /** The first one. */
  readonly at: string;
  /** The first one that is another range's. Absent: until the list ends. */
  readonly to?: string | undefined;
}

/** A list that is read so. It is stored as it is. */
export interface RangedList {
  readonly ranges: readonly IdRange[];
  /** The highest id that a search has shown: the list may have gone on since. */
  readonly highest: string;
  /** How far ids lie apart, all in all. */
  readonly spacing: number;
}

/** What HubSpot is asked for: the first id of a range is shown whether its list includes `after` or not. */
export const askedAfter = ({ at }: IdRange): string => String(BigInt(at) - 1n);

/** A page of a list that was entered at an id. */
export interface IdsPage {
  readonly ids: readonly string[];
  readonly next: string | undefined;
}

/** What is left of a range after a page of it. `unordered`: ids do not ascend, or the page begins elsewhere. */
export function afterPage(
  { at, to }: IdRange,
  { ids, next }: IdsPage,
): { readonly rest: IdRange | undefined } | 'unordered' | 'stuck' {
  const first = BigInt(at);
  let last = first - 2n;
  for (const id of ids.map(BigInt)) {
    if (id <= last) return 'unordered';
    last = id;
  }
  if (next === undefined) return { rest: undefined };
  if (!/^\d{1,19}$/.test(next) || BigInt(next) < last) return 'unordered';
  const on = BigInt(next) > last ? BigInt(next) : last + 1n;
  if (to !== undefined && on >= BigInt(to)) return { rest: undefined };
  return on > first ? { rest: { at: String(on), to } } : 'stuck';
}

/** Whether a record of a page is this range's: its neighbours show those that are not. */
export const holds = ({ at, to }: IdRange, id: string): boolean =>
  BigInt(id) >= BigInt(at) && (to === undefined || BigInt(id) < BigInt(to));

/** What is left of a list after its first page, in two ranges. Undefined: it is not worth another one. */
export function listInRanges(
  at: string,
  { highest, total }: { readonly highest: string; readonly total: number },
):
  | { readonly ranges: readonly [IdRange, IdRange]; readonly highest: string; readonly spacing: number }
  | undefined {
  const width = widthOf({ at }, highest);
  if (width === 0n) return undefined;
  const spacing = Math.max(1, Number(width) / total);
  const ranges = halved({ at }, { highest, spacing });
  return ranges && { ranges, highest, spacing };
}

/** Two halves of a range. Undefined: so few records are left in it that they are not worth another range. */
export function halved(
  range: IdRange,
  { highest, spacing }: Pick<RangedList, 'highest' | 'spacing'>,
): readonly [IdRange, IdRange] | undefined {
  const width = widthOf(range, highest);
  if (width < BigInt(Math.ceil(spacing * WORTH_A_RANGE))) return undefined;
  const middle = String(BigInt(range.at) + width / 2n);
  return [
    { at: range.at, to: middle },
    { at: middle, to: range.to },
  ];
}

/** How many ids a range still has, as far as is known. */
export function widthOf({ at, to }: IdRange, highest: string): bigint {
  const end = to === undefined ? BigInt(highest) + 1n : BigInt(to);
  return end > BigInt(at) ? end - BigInt(at) : 0n;
}

/** Four pages: what a split may cost is the page that is under way. */
const WORTH_A_RANGE = 400;

/** Whether ids ascend, as numbers. */
export const areAscending = (ids: readonly string[]): boolean =>
  ids.every((id, n) => n === 0 || BigInt(id) > BigInt(ids[n - 1] ?? id));
