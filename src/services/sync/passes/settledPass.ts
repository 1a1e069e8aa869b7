import { writePassRecords } from '../../../db/sync/passRecords.js';
import { startedAtMs } from '../../../db/sync/states.js';
import { followSchema, type FollowCursor } from '../../../domain/sync/cursor.js';
import { nextStretch } from '../../../domain/sync/searchWalk.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { associationsOfPage, writeAssociations } from '../associations.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import { searchOn } from '../followChanges.js';
import type { SyncPass } from './syncPass.js';

const HOUR_MS = 3_600_000;

/**
 * Once an hour what was modified more than an hour ago is searched again: HubSpot's index shows some changes later than
 * others, and out of their order near its present (docs/hubspot.md). What the mirror has already costs one call for 200
 * records.
 */
export const settledPass: SyncPass<FollowCursor> = {
  name: 'settled',
  everyMs: HOUR_MS,
  cursor: followSchema,
  begunAnew: ({ from }) => ({ version: 1, kind: 'follow', from }),

  async step(context, stored) {
    const { reader, pool } = context;
    // By the database's clock, which may go otherwise than HubSpot's: hence two hours.
    const cursor = stored ?? {
      version: 1,
      kind: 'follow',
      from: (await startedAtMs(pool, reader)) - 2 * HOUR_MS,
    };
    const found = await searchOn(context, cursor, { agoMs: HOUR_MS });
    if (!found) return { cursor, isThrough: true, seen: 0 };
    const { seen, readAt, on, became } = found;
    crashPoint('sync.settled.page-read');
    const isAnything = seen.length + became.archived.length + became.binnedSurvivors.length > 0;
    const associations = await associationsOfPage(
      context,
      seen.map(({ id }) => id),
    );
    const isThrough = on.walk === undefined || nextStretch(on.walk) === undefined;
    return {
      cursor: isThrough ? { version: 1, kind: 'follow', from: Math.max(on.from, on.to ?? on.from) } : on,
      isThrough,
      seen: seen.length,
      ...(isAnything && {
        isWide: true,
        async write(client) {
          const read = { readAt, source: 'settled' };
          const gone = await writeGoneInPass(client, reader, became, read);
          const changed = await writePassRecords(client, reader, { seen, ...read });
          await writeAssociations(client, reader, associations);
          return gone + changed;
        },
      }),
    };
  },
};
