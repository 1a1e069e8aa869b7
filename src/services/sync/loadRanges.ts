import type { LoadCursor, SyncCursor } from '../../domain/sync/cursor.js';
import {
  afterPage,
  askedAfter,
  halved,
  holds,
  widthOf,
  type IdRange,
  type RangedList,
} from '../../domain/sync/idRanges.js';
import { createInFlight } from '../../domain/sync/inFlight.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { LIST_PAGE, type HubSpotRecords } from './hubspotRecords.js';
import { afterLoad } from './hubspotsTime.js';
import type { SyncContext } from './syncContext.js';
import { SyncRefused } from './syncRefused.js';

/** The list turns out not to go by ids in their order: what was read in ranges may have gaps. */
export class NotInOrder extends Error {}

type RangedCursor = LoadCursor & { readonly list: RangedList; readonly begunAt: number };

/** A range. `read`: the first id that no page of it has shown yet, written or not. */
interface Reading {
  at: string;
  to: string | undefined;
  read: string;
  isAsked: boolean;
}

/**
 * Reads several ranges of ids at a time, a page of each, as many as the portal's limit has room for; where one ends,
 * the one with most left is halved. Pages are written one at a time, each with all that is left then: a process that
 * dies reads at most the last page of each range again.
 */
export async function loadRanges(
  { clock, hasTime, writeSeen }: SyncContext,
  hubspot: HubSpotRecords,
  wanted: readonly string[],
  from: RangedCursor,
): Promise<SyncCursor> {
  const { highest, spacing } = from.list;
  const inFlight = createInFlight();
  const ranges: Reading[] = from.list.ranges.map(({ at, to }) => ({ at, to, read: at, isAsked: false }));
  let cursor: SyncCursor = from;
  let limit = from.limit;
  let asked = 0;
  let writes: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const underWay = new Set<Promise<void>>();

  function nextRange(): Reading | undefined {
    const free = ranges.find(({ isAsked }) => !isAsked);
    if (free) return free;
    const left = ({ read, to }: Reading): IdRange => ({ at: read, to });
    const width = (range: Reading) => widthOf(left(range), highest);
    const [most] = [...ranges].sort((a, b) => (width(a) < width(b) ? 1 : -1));
    const halves = most && halved(left(most), { highest, spacing });
    if (!halves) return undefined;
    const [{ to }, { at, to: end }] = halves;
    most.to = to;
    const other: Reading = { at, to: end, read: at, isAsked: false };
    ranges.push(other);
    return other;
  }

  async function readPage(range: Reading): Promise<void> {
    const readAt = new Date(clock.nowMs());
    const askedAt = performance.now();
    const page = await hubspot.listPage(wanted, askedAfter(range), limit);
    inFlight.answered(performance.now() - askedAt);
    if (page.limit < LIST_PAGE) limit = page.limit;
    crashPoint('sync.load.page-read');
    // It may have been halved meanwhile: what is another's then is shown there again.
    const { at, to } = range;
    const after = afterPage({ at, to }, page);
    if (after === 'unordered') throw new NotInOrder();
    if (after === 'stuck')
      throw new SyncRefused('HubSpot named a next page that leads back: the list is asked again later', {
        errorClass: 'stuck',
      });
    range.read = after.rest?.at ?? to ?? String(BigInt(highest) + 1n);
    writes = writes.then(async () => {
      const left = ranges.filter((one) => one !== range || after.rest);
      const rest = left.map((one) => ({ at: one === range ? one.read : one.at, to: one.to }));
      cursor =
        rest.length === 0
          ? afterLoad(from.begunAt)
          : { ...from, limit, list: { ...from.list, ranges: rest } };
      const seen = page.records.filter(({ id }) => holds({ at, to }, id));
      await writeSeen({ seen, readAt, source: 'load', initial: true, cursor });
      if (after.rest) range.at = range.read;
      else ranges.splice(ranges.indexOf(range), 1);
    });
    await writes;
  }

  for (;;) {
    // One page at least, or a run that began late would come to nothing.
    while (underWay.size < inFlight.most && !failure && (hasTime() || asked === 0)) {
      const range = nextRange();
      if (!range) break;
      range.isAsked = true;
      asked += 1;
      const one = readPage(range)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          range.isAsked = false;
          underWay.delete(one);
        });
      underWay.add(one);
    }
    if (underWay.size === 0) break;
    await Promise.race(underWay);
  }
  if (failure) throw failure.error;
  return cursor;
}
