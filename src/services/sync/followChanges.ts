import { newerThanMirror } from '../../db/sync/states.js';
import type { SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { FollowCursor, SyncCursor } from '../../domain/sync/cursor.js';
import { beginWalk, endWalkAt, nextStretch, walkOn } from '../../domain/sync/searchWalk.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { associationsOfPage } from './associations.js';
import type { HubSpotRecords } from './hubspotRecords.js';
import { hubspotsTime, INDEX_LAG_MS } from './hubspotsTime.js';
import type { SyncContext } from './syncContext.js';

/** What changes: ids and times by searches, then the values of those that are newer than the mirror. */
export async function followChanges(context: SyncContext, from: FollowCursor): Promise<SyncCursor> {
  const { properties, hasTime, writeSeen, standsAt } = context;
  const hubspot = context.records('sync');
  const searching = { ...context, hubspot, properties: () => properties(hubspot) };
  let cursor = from;
  while (hasTime()) {
    const found = await searchOn(searching, cursor, { onFound: standsAt });
    if (!found) return { version: 1, kind: 'follow', from: nextFrom(cursor) };
    const { seen, readAt, on } = found;
    const through: FollowCursor = { version: 1, kind: 'follow', from: nextFrom(on) };
    const isThrough = on.walk !== undefined && nextStretch(on.walk) === undefined;
    const next = isThrough ? through : on;
    // Most searches find nothing new: who leaves the type stores how far it was searched.
    const page = { seen, readAt, source: 'search', initial: false, cursor: next };
    if (seen.length > 0) {
      const ids = seen.map(({ id }) => id);
      await writeSeen({ ...page, associations: await associationsOfPage(searching, ids) });
    } else if (!isThrough) await writeSeen(page);
    if (isThrough) return through;
    cursor = next;
  }
  return cursor;
}

interface Searching extends Pick<SyncContext, 'reader' | 'pool' | 'clock'> {
  readonly hubspot: HubSpotRecords;
  readonly properties: () => Promise<readonly string[]>;
}

/** What one page of a search came to: the records that are newer than the mirror, and where the search goes on. */
interface SearchedOn {
  readonly seen: readonly SeenRecord[];
  readonly readAt: Date;
  readonly on: FollowCursor;
}

/**
 * Searches one page, up to HubSpot's present less `agoMs`. Undefined: nothing is left to search. `onFound` is called
 * before the page is used, with where the search has come to.
 */
export async function searchOn(
  { reader, pool, clock, hubspot, properties }: Searching,
  cursor: FollowCursor,
  { agoMs = 0, onFound }: { agoMs?: number; onFound?: (cursor: FollowCursor) => void } = {},
): Promise<SearchedOn | undefined> {
  const walk = cursor.walk ?? beginWalk(cursor.from, OPEN_END);
  const stretch = nextStretch(walk);
  if (!stretch) return undefined;
  const readAt = new Date(clock.nowMs());
  const found = await hubspot.searchPage(stretch);
  crashPoint('sync.follow.page-found');
  const to = cursor.to ?? hubspotsTime(found.answeredAtMs, clock.nowMs()) - agoMs;
  onFound?.(cursor);
  const newer = await newerThanMirror(pool, reader, found.hits);
  const on: FollowCursor = { ...cursor, to, walk: walkOn(endWalkAt(walk, to), found) };
  const seen = newer.size === 0 ? [] : await readAll(hubspot, [...newer], await properties());
  return { seen, readAt, on };
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
  const seen: SeenRecord[] = [];
  for (let at = 0; at < ids.length; at += BATCH)
    seen.push(...(await hubspot.readNow(ids.slice(at, at + BATCH), properties)));
  return seen;
}
