import { newerThanMirror } from '../../db/sync/states.js';
import { liveAmong } from '../../db/sync/deletes.js';
import { forWorkspace } from '../../db/tenant.js';
import { mergedInto, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { FollowCursor, SyncCursor } from '../../domain/sync/cursor.js';
import { beginWalk, endWalkAt, nextStretch, walkOn } from '../../domain/sync/searchWalk.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { associationsOfPage } from './associations.js';
import { NOTHING_BECAME, whatBecameOf, type BecameOf } from './deletes/whatBecameOf.js';
import { writeGone } from './deletes/writeGone.js';
import type { HitsFound, HubSpotRecords } from './hubspotRecords.js';
import { hubspotsTime, INDEX_LAG_MS } from './hubspotsTime.js';
import { provesModified } from './modifiedProof.js';
import type { SyncContext } from './syncContext.js';

/** So many pages are read or written at most while the next one is searched. */
const AHEAD = 3;

/**
 * What changes: ids and times by searches, then the values of those that are newer than the mirror. The next page is
 * searched while those before it are read and written, in their order, each with the cursor behind it.
 */
export async function followChanges(context: SyncContext, from: FollowCursor): Promise<SyncCursor> {
  const { properties, hasTime, writeSeen, standsAt } = context;
  const hubspot = context.records('sync');
  const searching = { ...context, hubspot, properties: () => properties(hubspot) };
  const isProved = from.isProved ?? ((await provesModified(context, hubspot)) || undefined);
  crashPoint('sync.follow.searches-proved');
  const through = (at: FollowCursor): FollowCursor => ({
    ...{ version: 1, kind: 'follow', isProved },
    from: nextFrom(at),
  });
  let cursor: FollowCursor = { ...from, isProved };
  let searched = cursor;
  let last: Promise<void> = Promise.resolve();
  const underWay: Promise<void>[] = [];
  let before: readonly FoundOn[] = [];

  async function readWith(page: FoundOn) {
    const { seen, became } = await readNewer(searching, page);
    crashPoint('sync.follow.page-read');
    const ids = seen.map(({ id }) => id);
    return {
      seen,
      became,
      associations: ids.length > 0 ? await associationsOfPage(searching, ids) : undefined,
    };
  }

  async function write(page: FoundOn, next: FollowCursor, isLast: boolean, written: Promise<void>) {
    const reading = readWith(without(page, before));
    before = [...before, page].slice(-AHEAD - 1);
    // It is heard of when its turn comes.
    reading.catch(() => undefined);
    await written;
    const { seen, became, associations } = await reading;
    crashPoint('sync.follow.associations-read');
    const { readAt } = page;
    await writeGone(context, became, { readAt, source: 'search' });
    crashPoint('sync.follow.deletes-written');
    // Most searches find nothing new: who leaves the type stores how far it was searched.
    if (!isLast || seen.length > 0)
      await writeSeen({ seen, readAt, source: 'search', initial: false, cursor: next, associations });
    cursor = next;
  }

  try {
    while (hasTime()) {
      const found = await findOn(searching, searched, { onFound: standsAt });
      if (!found) {
        await last;
        return through(cursor);
      }
      const isLast = found.on.walk !== undefined && nextStretch(found.on.walk) === undefined;
      searched = isLast ? through(found.on) : found.on;
      last = write(found, searched, isLast, last);
      last.catch(() => undefined);
      if (isLast) break;
      underWay.push(last);
      if (underWay.length > AHEAD) await underWay.shift();
    }
    await last;
    return cursor;
  } catch (error) {
    // What was found before is written first. Where that fails, it is what ended the run.
    await last;
    throw error;
  }
}

/** What a page shows that those before it have not shown: they are read already, though they may not be written. */
function without(page: FoundOn, before: readonly FoundOn[]): FoundOn {
  const shown = new Set(before.flatMap(({ hits }) => hits.map(({ id, modified }) => `${id}@${modified}`)));
  return { ...page, hits: page.hits.filter(({ id, modified }) => !shown.has(`${id}@${modified}`)) };
}

interface Searching extends Pick<SyncContext, 'reader' | 'pool' | 'clock' | 'errorRoom'> {
  readonly hubspot: HubSpotRecords;
  readonly properties: () => Promise<readonly string[]>;
}

/** Where a search goes on behind a page, and what it showed. */
interface FoundOn {
  readonly hits: HitsFound['hits'];
  readonly readAt: Date;
  readonly on: FollowCursor;
}

/** What one page of a search came to: the records that are newer than the mirror, and where the search goes on. */
interface SearchedOn {
  readonly seen: readonly SeenRecord[];
  readonly readAt: Date;
  readonly on: FollowCursor;
  /** Records that the search shows, and that are not there any more. */
  readonly became: BecameOf;
}

interface How {
  readonly agoMs?: number;
  readonly onFound?: (cursor: FollowCursor) => void;
}

/** Searches one page and reads what it showed, as findOn does. */
export async function searchOn(
  searching: Searching,
  cursor: FollowCursor,
  how: How = {},
): Promise<SearchedOn | undefined> {
  const found = await findOn(searching, cursor, how);
  return found && { ...(await readNewer(searching, found)), readAt: found.readAt, on: found.on };
}

/**
 * Searches one page, up to HubSpot's present less `agoMs`. Undefined: nothing is left to search. `onFound` is called
 * before the page is used, with where the search has come to.
 */
async function findOn(
  { clock, hubspot }: Searching,
  cursor: FollowCursor,
  { agoMs = 0, onFound }: How,
): Promise<FoundOn | undefined> {
  const walk = cursor.walk ?? beginWalk(cursor.from, OPEN_END);
  const stretch = nextStretch(walk);
  if (!stretch) return undefined;
  const readAt = new Date(clock.nowMs());
  const found = await hubspot.searchPage(stretch);
  crashPoint('sync.follow.page-found');
  const to = cursor.to ?? hubspotsTime(found.answeredAtMs, clock.nowMs()) - agoMs;
  onFound?.(cursor);
  return { hits: found.hits, readAt, on: { ...cursor, to, walk: walkOn(endWalkAt(walk, to), found) } };
}

async function readNewer(
  { reader, pool, hubspot, properties, errorRoom }: Searching,
  { hits, readAt }: FoundOn,
): Promise<Pick<SearchedOn, 'seen' | 'became'>> {
  const newer = await newerThanMirror(pool, reader, hits);
  if (newer.size === 0) return { seen: [], became: NOTHING_BECAME };
  const names = await properties();
  const read = await readAll(hubspot, [...newer], names);
  const there = new Set(read.map(({ id }) => id));
  const mergedNow = new Set(read.flatMap((one) => mergedInto(one)));
  const missing = [...newer].filter((id) => !there.has(id) && !mergedNow.has(id));
  if (missing.length === 0) return { seen: read, became: NOTHING_BECAME };
  const db = forWorkspace(pool, reader.workspaceId);
  const live = new Set(await liveAmong(db, reader, missing));
  const became = await whatBecameOf(
    hubspot,
    missing.filter((id) => live.has(id)),
    { properties: names, readAt, room: await errorRoom() },
  );
  // Of what the mirror does not have as live nobody is to be told that it is gone: what the bin has is not asked for.
  const others = await whatBecameOf(
    hubspot,
    missing.filter((id) => !live.has(id)),
    {
      ...{ properties: names, settledUntil: new Date(OPEN_END), readAt },
      ...{ room: 0, roomForAbsent: await errorRoom() },
    },
  );
  return { seen: [...read, ...became.seen, ...others.seen], became };
}

/** HubSpot's clock is not asked before the first search: its answer says what time it has. */
export const OPEN_END = Date.UTC(9999, 11, 31);

const nextFrom = ({ from, to = from }: FollowCursor) => Math.max(from, to - INDEX_LAG_MS);

const BATCH = 100;

export async function readAll(
  hubspot: HubSpotRecords,
  ids: readonly string[],
  properties: readonly string[],
): Promise<readonly SeenRecord[]> {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < ids.length; at += BATCH) batches.push(ids.slice(at, at + BATCH));
  return (await Promise.all(batches.map((batch) => hubspot.readNow(batch, properties)))).flat();
}
