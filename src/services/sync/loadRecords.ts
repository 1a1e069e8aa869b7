import type { LoadCursor, SyncCursor } from '../../domain/sync/cursor.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { hubspotsTime, INDEX_LAG_MS } from './hubspotsTime.js';
import type { SyncContext } from './syncContext.js';
import { SyncRefused } from './syncRefused.js';

/** The first load: all records, by lists, the next page asked for while this one is written. */
export async function loadRecords(
  { clock, records, properties, hasTime, writeSeen }: SyncContext,
  from: LoadCursor,
): Promise<SyncCursor> {
  const hubspot = records('backfill');
  const wanted = await properties(hubspot);
  const pageAfter = async (after: string | undefined) => {
    const readAt = new Date(clock.nowMs());
    return { readAt, ...(await hubspot.listPage(wanted, after)) };
  };
  let cursor = from;
  let coming = pageAfter(cursor.after);
  let barren = 0;
  for (;;) {
    const page = await coming;
    crashPoint('sync.load.page-read');
    const begunAt = cursor.begunAt ?? hubspotsTime(page.answeredAtMs, clock.nowMs());
    const { next } = page;
    barren = page.records.length === 0 ? barren + 1 : 0;
    if (next !== undefined && (!leadsOn(cursor.after, next) || barren > MOST_BARREN))
      throw new SyncRefused('HubSpot named a next page that leads back: the list is asked again later', {
        errorClass: 'stuck',
      });
    const goesOn = next !== undefined && hasTime();
    if (goesOn) {
      coming = pageAfter(next);
      // It may be refused while this page is written: that is heard of when its turn comes.
      coming.catch(() => undefined);
    }
    const after: SyncCursor =
      next === undefined
        ? { version: 1, kind: 'follow', from: Math.max(0, begunAt - INDEX_LAG_MS) }
        : { version: 1, kind: 'load', begunAt, after: next };
    crashPoint('sync.load.next-asked');
    await writeSeen({
      seen: page.records,
      readAt: page.readAt,
      source: 'load',
      initial: true,
      cursor: after,
    });
    if (after.kind === 'follow' || !goesOn) return after;
    cursor = after;
  }
}

/** So many empty pages in a row are no list any more. */
const MOST_BARREN = 100;

/** Lists go by the ids of records, whose number their next page begins with. */
export function leadsOn(after: string | undefined, next: string): boolean {
  if (after === undefined || after === next) return after !== next;
  return !(isNumber(after) && isNumber(next)) || BigInt(next) > BigInt(after);
}

const isNumber = (text: string) => /^\d{1,30}$/.test(text);
