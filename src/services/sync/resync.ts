import { withoutPlaces, type FollowCursor, type Resync } from '../../domain/sync/cursor.js';
import { areAscending } from '../../domain/sync/idRanges.js';
import { passOn } from '../../domain/hubspot/repetition.js';
import { beginWalk, endWalkAt, nextStretch, SearchStuck, walkOn } from '../../domain/sync/searchWalk.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { associationsOfPage } from './associations.js';
import { OPEN_END, readAll } from './followChanges.js';
import type { HubSpotRecords } from './hubspotRecords.js';
import { hubspotsTime } from './hubspotsTime.js';
import { leadsOn } from './loadRecords.js';
import type { SeenPage, SyncContext } from './syncContext.js';
import { SyncRefused } from './syncRefused.js';

/*
 * Records that somebody has asked to be read again: all, those that were modified since a time, or those that are
 * named. Their values are written by the same guard as any, so what the mirror has right costs no write and is no
 * change. How far it is stands in the cursor beside the place in what changes, which is read up to the present before
 * each turn of it: the mirror gets no older for it, and loses nothing.
 */

/** What HubSpot says of this request and of no other: the resync ends with it, and what changes is followed on. */
const ENDS_IT = new Set(['stuck', 'refused', 'unclear']);
/** So many empty pages in a row are no list any more. */
const MOST_BARREN = 100;
const IDS_AT_ONCE = 100;

/** Reads on until it is through, or the time of the run is over. */
export async function readAgain(context: SyncContext, cursor: FollowCursor, resync: Resync): Promise<void> {
  const hubspot = context.records('backfill');
  const before = context.progress('follow').changed;
  const changed = () => resync.changed + context.progress('follow').changed - before;
  let now = resync;
  let barren = 0;
  while (context.hasTime()) {
    const step = await stepOf(context, hubspot, now).catch((error: unknown) => refusalToEnd(error));
    if (step instanceof Error) {
      context.resync = {
        ...{ ...now, what: withoutPlaces(now.what), changed: changed() },
        ...{ refused: step.message, endedAt: context.clock.nowMs() },
      };
      return;
    }
    const { page, on } = step;
    barren = page.seen.length === 0 ? barren + 1 : 0;
    const isOver = on === undefined || barren > MOST_BARREN;
    now = {
      ...now,
      ...{ read: now.read + page.seen.length, absent: now.absent + step.absent },
      expected: now.expected ?? step.expected ?? null,
      what: isOver ? withoutPlaces(now.what) : on,
      ...(isOver && { endedAt: context.clock.nowMs() }),
      ...(on && isOver && { refused: `HubSpot named ${MOST_BARREN} empty pages in a row` }),
    };
    context.resync = { ...now, changed: changed() };
    crashPoint('sync.resync.page-read');
    const reading = { ...context, hubspot };
    const ids = page.seen.map(({ id }) => id);
    const associations = ids.length > 0 ? { associations: await associationsOfPage(reading, ids) } : {};
    crashPoint('sync.resync.associations-read');
    await context.writeSeen({ ...page, ...associations, cursor, source: 'resync', initial: false });
    crashPoint('sync.resync.page-written');
    context.resync = { ...now, changed: changed() };
    if (isOver) return;
  }
}

function refusalToEnd(error: unknown): Error {
  if (error instanceof SearchStuck) return error;
  if (error instanceof SyncRefused && ENDS_IT.has(error.how.errorClass)) return error;
  throw error;
}

interface Step {
  readonly page: Pick<SeenPage, 'seen' | 'readAt'>;
  /** What is left. Undefined: nothing. */
  readonly on: Resync['what'] | undefined;
  readonly absent: number;
  readonly expected?: number;
}

async function stepOf(context: SyncContext, hubspot: HubSpotRecords, { what }: Resync): Promise<Step> {
  const { clock, properties } = context;
  const readAt = new Date(clock.nowMs());
  const wanted = await properties(hubspot);
  crashPoint('sync.resync.properties-known');
  switch (what.kind) {
    case 'all': {
      const { records, ids, next } = await hubspot.listPage(wanted, what.after);
      const repetition = next === undefined ? undefined : passOn(what.repetition, next);
      if (next !== undefined && (repetition === 'repeated' || !leadsOn(what.after, next, areAscending(ids))))
        throw new SyncRefused('HubSpot named a next page that leads back', { errorClass: 'stuck' });
      const on =
        next === undefined || repetition === 'repeated' ? undefined : { ...what, after: next, repetition };
      return { page: { seen: records, readAt }, on, absent: 0 };
    }
    case 'since': {
      const walk = what.walk ?? beginWalk(what.since, OPEN_END);
      const stretch = nextStretch(walk);
      if (!stretch) return { page: { seen: [], readAt }, on: undefined, absent: 0 };
      const found = await hubspot.searchPage(stretch);
      const to = what.to ?? hubspotsTime(found.answeredAtMs, clock.nowMs());
      const left = walkOn(endWalkAt(walk, to), found);
      const ids = [...new Set(found.hits.map(({ id }) => id))];
      const on = nextStretch(left) === undefined ? undefined : { ...what, to, walk: left };
      return {
        page: { seen: await readAll(hubspot, ids, wanted), readAt },
        ...{ on, absent: 0, expected: found.total },
      };
    }
    case 'ids': {
      const ids = what.ids.slice(0, IDS_AT_ONCE);
      const seen = await hubspot.readNow(ids, wanted);
      const left = what.ids.slice(IDS_AT_ONCE);
      const on = left.length === 0 ? undefined : { ...what, ids: left };
      return { page: { seen, readAt }, on, absent: ids.length - seen.length };
    }
  }
}
