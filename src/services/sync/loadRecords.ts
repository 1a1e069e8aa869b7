import type { LoadCursor, SyncCursor } from '../../domain/sync/cursor.js';
import {
  afterPage,
  areAscending,
  askedAfter,
  listInRanges,
  type IdRange,
} from '../../domain/sync/idRanges.js';
import { passOn, type Repetition } from '../../domain/hubspot/repetition.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { LIST_PAGE, type HubSpotRecords, type RecordsListed } from './hubspotRecords.js';
import { afterLoad, hubspotsTime } from './hubspotsTime.js';
import { loadRanges, NotInOrder } from './loadRanges.js';
import type { SyncContext } from './syncContext.js';
import { SyncRefused } from './syncRefused.js';

/**
 * The first load: all records, by lists. One page leads to the next, which is asked for while this one is written; of
 * many records several ranges of ids are read at a time, where HubSpot was seen to list them so.
 */
export async function loadRecords(context: SyncContext, from: LoadCursor): Promise<SyncCursor> {
  const hubspot = context.records('backfill');
  const wanted = await context.properties(hubspot);
  let cursor: SyncCursor = from;
  if (cursor.list === undefined && cursor.unordered === undefined)
    cursor = await begin(context, hubspot, wanted, cursor);
  crashPoint('sync.load.begun');
  if (cursor.kind === 'load' && cursor.list !== undefined && cursor.begunAt !== undefined)
    try {
      const { list, begunAt } = cursor;
      return await loadRanges(context, hubspot, wanted, { ...cursor, list, begunAt });
    } catch (error) {
      if (!(error instanceof NotInOrder)) throw error;
      // What was read in ranges may have gaps: it begins anew, and what is there already costs little.
      cursor = unordered({ ...cursor, after: undefined });
    }
  return cursor.kind === 'load' ? loadOnward(context, hubspot, wanted, cursor) : cursor;
}

type Page = RecordsListed & { readonly readAt: Date };

async function pageAfter(
  { clock }: SyncContext,
  hubspot: HubSpotRecords,
  wanted: readonly string[],
  { after, limit }: Pick<LoadCursor, 'after' | 'limit'>,
): Promise<Page> {
  const readAt = new Date(clock.nowMs());
  return { readAt, ...(await hubspot.listPage(wanted, after, limit)) };
}

const unordered = (cursor: LoadCursor): LoadCursor => ({ ...cursor, list: undefined, unordered: true });

/** Fewer than so many are read soon enough by one page after the other. */
const MANY = 1000;

/** Reads a first page, and finds out whether the list can be entered at an id in its midst. */
async function begin(
  context: SyncContext,
  hubspot: HubSpotRecords,
  wanted: readonly string[],
  from: LoadCursor,
): Promise<SyncCursor> {
  const page = await pageAfter(context, hubspot, wanted, from);
  crashPoint('sync.load.page-read');
  const on = await writeAndGoOn(context, page, from, 0);
  const last = page.ids.at(-1);
  if (on.kind === 'follow' || on.unordered || on.after === undefined || last === undefined) return on;
  if (!isNumber(on.after)) return unordered(on);

  const { id: highest, total } = await hubspot.highest();
  crashPoint('sync.load.highest-found');
  const list = highest === undefined || total < MANY ? undefined : listInRanges(on.after, { highest, total });
  if (list === undefined) return on;
  const isEntered = await isEnteredAt(hubspot, list.ranges[1], on.limit);
  return isEntered ? { ...on, after: undefined, list } : unordered(on);
}

/** It shows nothing before that id, and ids that ascend. What it shows is read again with its range. */
async function isEnteredAt(hubspot: HubSpotRecords, range: IdRange, limit?: number): Promise<boolean> {
  try {
    const page = await hubspot.listPage([], askedAfter(range), limit);
    return page.ids.length > 0 && typeof afterPage(range, page) === 'object';
  } catch (error) {
    if (error instanceof SyncRefused && error.how.errorClass === 'refused') return false;
    throw error;
  }
}

/** One page leads to the next. */
async function loadOnward(
  context: SyncContext,
  hubspot: HubSpotRecords,
  wanted: readonly string[],
  from: LoadCursor,
): Promise<SyncCursor> {
  let cursor = from;
  let coming = pageAfter(context, hubspot, wanted, cursor);
  let barren = 0;
  let repetition: Repetition | undefined;
  for (;;) {
    const page = await coming;
    crashPoint('sync.load.page-read');
    barren = page.records.length === 0 ? barren + 1 : 0;
    const { next } = page;
    const passed = next === undefined ? undefined : passOn(repetition, next);
    if (passed === 'repeated') throw leadsBack();
    repetition = passed;
    const goesOn = next !== undefined && context.hasTime();
    if (goesOn) {
      coming = pageAfter(context, hubspot, wanted, { after: next, limit: limitOf(page) ?? cursor.limit });
      // It may be refused while this page is written: that is heard of when its turn comes.
      coming.catch(() => undefined);
    }
    crashPoint('sync.load.next-asked');
    const on = await writeAndGoOn(context, page, cursor, barren);
    if (on.kind === 'follow' || !goesOn) return on;
    cursor = on;
  }
}

/** Writes a page with where the load goes on. */
async function writeAndGoOn(
  { clock, writeSeen }: SyncContext,
  page: Page,
  cursor: LoadCursor,
  barren: number,
): Promise<SyncCursor> {
  const { records, ids, next, readAt } = page;
  const begunAt = cursor.begunAt ?? hubspotsTime(page.answeredAtMs, clock.nowMs());
  const isOrdered = cursor.unordered === undefined && areAscending(ids);
  if (next !== undefined && (!leadsOn(cursor.after, next, isOrdered) || barren > MOST_BARREN))
    throw leadsBack();
  const on: SyncCursor =
    next === undefined
      ? afterLoad(begunAt)
      : {
          ...{ version: 2, kind: 'load', begunAt, after: next, limit: limitOf(page) ?? cursor.limit },
          unordered: isOrdered ? undefined : true,
        };
  await writeSeen({ seen: records, readAt, source: 'load', initial: true, cursor: on });
  return on;
}

/** So many records a page fit into an answer. Undefined: as many as HubSpot gives. */
const limitOf = ({ limit }: Page) => (limit < LIST_PAGE ? limit : undefined);

/** So many empty pages in a row are no list any more. */
const MOST_BARREN = 100;

const leadsBack = () =>
  new SyncRefused('HubSpot named a next page that leads back: the list is asked again later', {
    errorClass: 'stuck',
  });

/** Lists go by the ids of records, whose number their next page begins with. */
export function leadsOn(after: string | undefined, next: string, isOrdered = true): boolean {
  if (after === undefined || after === next) return after !== next;
  return !isOrdered || !(isNumber(after) && isNumber(next)) || BigInt(next) > BigInt(after);
}

const isNumber = (text: string) => /^\d{1,19}$/.test(text);
