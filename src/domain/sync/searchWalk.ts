/*
 * How all records that were modified in a stretch of time are found by searches, of which HubSpot answers 10,000 hits
 * at most. Nothing is taken on trust that HubSpot was seen to break: pages are short or empty though more follows,
 * hits come out of order or from outside of the stretch, totals are wrong. Two things are: a page that names no next
 * page ends its search, and hits that come in ascending order leave nothing out before the last of them.
 *
 * So it asks again from the last hit on, instead of paging on: what is modified meanwhile moves no later hit into a
 * page that was read already. Hits of one millisecond are told apart by their ids. Where the order does not hold, the
 * stretch is halved until a page holds all of it.
 *
 * What breaks the order between two pages, and is seen in neither, is not found, nor what HubSpot's index shows only
 * when the stretch is behind. The pass `settled` walks over the same stretch again, an hour later, when the index has
 * come to rest.
 */

/**
 * A stretch of HubSpot's time in milliseconds since 1970, both ends included, and of ids where it is one millisecond.
 */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Numbers as their digits, both ends included. */
  readonly ids?: { readonly from: string; readonly to: string } | undefined;
  /** Where HubSpot's next page begins, when the pages so far showed nothing to go on from. */
  readonly after?: string | undefined;
}

/** What is still to be searched, the next stretch last. It is stored as it is. */
export interface SearchWalk {
  readonly version: 1;
  readonly stretches: readonly Stretch[];
  /** Pages in a row that showed nothing new, though more was to follow. */
  readonly barren: number;
}

export interface Hit {
  readonly id: string;
  /** Milliseconds since 1970, by HubSpot's clock. */
  readonly modified: number;
}

export interface HitsPage {
  readonly hits: readonly Hit[];
  /** Undefined: this was the last one. */
  readonly next?: string | undefined;
}

/** The highest number that HubSpot's ids and ours have. */
const HIGHEST_ID = String(2n ** 63n - 1n);
/** So many pages that show nothing new, one after the other, are no search any more. */
const MOST_BARREN = 100;
/** Empty pages after which HubSpot's own next page is no longer followed. */
const FOLLOWED = 2;
/** HubSpot refuses a search beyond this. */
const MOST_HITS = 10_000;

/** HubSpot gives no way to go on: the walk ends, and is begun anew later. */
export class SearchStuck extends Error {
  override readonly name = 'SearchStuck';
}

export function beginWalk(from: number, to: number): SearchWalk {
  return { version: 1, stretches: from <= to ? [{ from, to }] : [], barren: 0 };
}

/** A walk whose end was not known when it began: HubSpot's present, which the answer to its first search says. */
export function endWalkAt(walk: SearchWalk, to: number): SearchWalk {
  const stretches = walk.stretches.map((one) => ({ ...one, to: Math.min(one.to, Math.max(one.from, to)) }));
  return { ...walk, stretches };
}

/** The stretch to search next. Undefined: all is searched. */
export function nextStretch(walk: SearchWalk): Stretch | undefined {
  return walk.stretches.at(-1);
}

/** The walk after a page of its next stretch. Throws SearchStuck where there is no way on. */
export function walkOn(walk: SearchWalk, page: HitsPage): SearchWalk {
  const stretch = nextStretch(walk);
  if (!stretch) return walk;
  const rest = walk.stretches.slice(0, -1);
  if (page.next === undefined) return { version: 1, stretches: rest, barren: 0 };

  const on = goOn(
    stretch,
    page.hits.filter((hit) => isWithin(stretch, hit)),
  );
  if (on) return { version: 1, stretches: [...rest, ...on], barren: 0 };
  const barren = walk.barren + 1;
  if (barren > MOST_BARREN)
    throw new SearchStuck(`HubSpot named a next page ${MOST_BARREN} times in a row and showed nothing new`);
  return { version: 1, stretches: [...rest, ...tryOtherwise(stretch, page, barren)], barren };
}

/** What is left of a stretch after hits that came in order. Undefined: they do not lead on. */
function goOn(stretch: Stretch, hits: readonly Hit[]): readonly Stretch[] | undefined {
  const last = hits.at(-1);
  if (!last) return undefined;
  if (stretch.ids) {
    if (stretch.ids.from.length !== stretch.ids.to.length) return byDigits(stretch.from, stretch.ids, hits);
    if (!ascending(hits.map(({ id }) => BigInt(id)))) return undefined;
    const from = BigInt(last.id) + 1n;
    if (from > BigInt(stretch.ids.to)) return [];
    return [{ from: stretch.from, to: stretch.to, ids: { from: String(from), to: stretch.ids.to } }];
  }
  if (!ascending(hits.map(({ modified }) => modified))) return undefined;
  if (last.modified > stretch.from) return [{ from: last.modified, to: stretch.to }];
  // A whole page of one millisecond: its records by their ids, then what comes later.
  return [...later(stretch), millisecond(stretch.from)];
}

function tryOtherwise(stretch: Stretch, page: HitsPage, barren: number): readonly Stretch[] {
  const isEmpty = page.hits.length === 0;
  const after = Number(page.next);
  if (isEmpty && barren <= FOLLOWED && after > 0 && after < MOST_HITS)
    return [{ ...stretch, after: page.next }];
  return halves(stretch);
}

/** The later half first: the earlier one is searched next. */
function halves({ from, to, ids }: Stretch): readonly Stretch[] {
  if (from < to) {
    const middle = Math.floor((from + to) / 2);
    return [
      { from: middle + 1, to },
      { from, to: middle },
    ];
  }
  if (!ids) return [millisecond(from)];
  const [first, last] = [BigInt(ids.from), BigInt(ids.to)];
  if (first >= last) throw new SearchStuck(`HubSpot names a next page for the single record ${ids.from}`);
  const middle = (first + last) / 2n;
  return [
    { from, to, ids: { from: String(middle + 1n), to: ids.to } },
    { from, to, ids: { from: ids.from, to: String(middle) } },
  ];
}

const ALL_IDS = { from: '0', to: HIGHEST_ID };
const millisecond = (at: number): Stretch => ({ from: at, to: at, ids: ALL_IDS });
/**
 * Numbers that are sorted as text come in their order where they have equally many digits: so each count of digits that
 * was seen gets a stretch of its own, and what is below and above one each.
 */
function byDigits(at: number, ids: { from: string; to: string }, hits: readonly Hit[]): readonly Stretch[] {
  const digits = [...new Set(hits.map(({ id }) => id.length))].sort((a, b) => a - b);
  const bounds = [...new Set(digits.flatMap((count) => [10n ** BigInt(count - 1), 10n ** BigInt(count)]))];
  const inside = bounds.filter((bound) => bound > BigInt(ids.from) && bound <= BigInt(ids.to));
  const starts = [BigInt(ids.from), ...inside];
  return starts
    .map((from, n) => ({ from: String(from), to: String((starts[n + 1] ?? BigInt(ids.to) + 1n) - 1n) }))
    .map((part): Stretch => ({ from: at, to: at, ids: part }))
    .reverse();
}

const later = ({ from, to }: Stretch): Stretch[] => (from < to ? [{ from: from + 1, to }] : []);

function isWithin({ from, to, ids }: Stretch, { id, modified }: Hit): boolean {
  if (modified < from || modified > to) return false;
  return !ids || (BigInt(id) >= BigInt(ids.from) && BigInt(id) <= BigInt(ids.to));
}

function ascending<T extends number | bigint>(values: readonly T[]): boolean {
  return values.every((value, n) => value >= (values[n - 1] ?? value));
}
