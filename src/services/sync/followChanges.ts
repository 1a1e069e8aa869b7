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
    const { seen, readAt, on, became } = found;
    const through: FollowCursor = { version: 1, kind: 'follow', from: nextFrom(on) };
    const isThrough = on.walk !== undefined && nextStretch(on.walk) === undefined;
    const next = isThrough ? through : on;
    await writeGone(context, became, { readAt, source: 'search' });
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
  /** Records that the search shows, and that are not there any more. */
  readonly became: BecameOf;
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
  if (newer.size === 0) return { seen: [], readAt, on, became: NOTHING_BECAME };
  const names = await properties();
  const read = await readAll(hubspot, [...newer], names);
  const there = new Set(read.map(({ id }) => id));
  // Of what the mirror does not have as live nobody is to be told that it is gone.
  const missing = await liveAmong(
    forWorkspace(pool, reader.workspaceId),
    reader,
    [...newer].filter((id) => !there.has(id)),
  );
  const mergedNow = new Set(read.flatMap((one) => mergedInto(one)));
  const became = await whatBecameOf(hubspot, missing.filter((id) => !mergedNow.has(id)).slice(0, BATCH), {
    properties: names,
    readAt,
  });
  return { seen: [...read, ...became.seen], readAt, on, became };
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
