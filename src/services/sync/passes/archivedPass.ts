import { z } from 'zod';
import {
  beginDeletesRound,
  endDeletesRound,
  goneFromBin,
  liveAmong,
  settledUntil,
} from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { forWorkspace } from '../../../db/tenant.js';
import { mergedInto } from '../../../domain/crm/mirroredRecord.js';
import { archivedRecord, NOTHING_BECAME, whatBecameOf, type BecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import type { BinnedRecord } from '../hubspotRecords.js';
import { SyncRefused } from '../syncRefused.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const cursorSchema = z.discriminatedUnion('kind', [
  /** The recycle bin, page by page. */
  z.object({
    version: z.literal(1),
    kind: z.literal('bin'),
    after: z.string(),
    begunAt: z.number().int(),
    /** Empty pages in a row. */
    barren: z.number().int(),
  }),
  /** Then what the mirror has as deleted and the bin did not show. */
  z.object({ version: z.literal(1), kind: z.literal('back'), after: z.string(), begunAt: z.number().int() }),
]);
type Cursor = z.output<typeof cursorSchema>;
type BinCursor = Extract<Cursor, { kind: 'bin' }>;
type BackCursor = Extract<Cursor, { kind: 'back' }>;

const MOST_BARREN = 100;

/**
 * Once an hour the recycle bin is compared with the mirror: a delete moves no time of change, and searches never show
 * it, nor that a record has come back. What is in the bin and live in the mirror was deleted or merged; what is deleted
 * in the mirror and was not seen in the bin is asked for, since that it was not shown proves nothing.
 */
export const archivedPass: SyncPass<Cursor> = {
  name: 'archived',
  everyMs: 3_600_000,
  cursor: cursorSchema,
  step: (context, cursor) =>
    cursor?.kind === 'back' ? lookForRestored(context, cursor) : compareBin(context, cursor),
};

async function compareBin(context: PassContext, cursor: BinCursor | null): Promise<PassStep<Cursor>> {
  const { reader, clock, hubspot } = context;
  const readAt = new Date(clock.nowMs());
  const begunAt = cursor?.begunAt ?? readAt.getTime();
  const { records, next } = await hubspot.binPage(cursor?.after);
  const barren = records.length === 0 ? (cursor?.barren ?? 0) + 1 : 0;
  if (next !== undefined && (next === cursor?.after || barren > MOST_BARREN))
    throw new SyncRefused(
      'HubSpot named a next page of the recycle bin that leads back: it is asked again later',
      {
        errorClass: 'stuck',
      },
    );
  const became = await whatIsToTell(context, records, readAt);
  const read = { readAt, source: 'archived' };
  return {
    cursor:
      next === undefined
        ? { version: 1, kind: 'back', after: '0', begunAt }
        : { version: 1, kind: 'bin', after: next, begunAt, barren },
    isThrough: false,
    seen: records.length,
    isWide: true,
    async write(client) {
      if (cursor === null) await beginDeletesRound(client, reader);
      const changed = await writeGoneInPass(client, reader, became, { ...read, isRound: true });
      if (next === undefined) await endDeletesRound(client, reader);
      if (became.seen.length === 0) return changed;
      return changed + (await writePassRecords(client, reader, { seen: became.seen, ...read }));
    },
  };
}

/** What a page of the recycle bin says of records that the mirror has as live, and what it has as deleted already. */
async function whatIsToTell(
  { reader, pool, hubspot, properties }: PassContext,
  records: readonly BinnedRecord[],
  readAt: Date,
): Promise<BecameOf> {
  const db = forWorkspace(pool, reader.workspaceId);
  const live = new Set(
    await liveAmong(
      db,
      reader,
      records.map(({ id }) => id),
    ),
  );
  const known = records.filter(({ id }) => !live.has(id)).map((one) => archivedRecord(one, readAt));
  const losers = records.flatMap((one) => mergedInto(one));
  const ghosts = new Set(await liveAmong(db, reader, losers));
  if (live.size + ghosts.size === 0) return { ...NOTHING_BECAME, archived: known };

  const names = await properties();
  // The list may be older than what has come back since.
  const there = await hubspot.readNow([...live], names);
  const explained = new Set(there.flatMap((one) => [one.id, ...mergedInto(one)]));
  const survivors = records.filter((one) => mergedInto(one).some((id) => ghosts.has(id)));
  const open = new Set([...live, ...survivors.map(({ id }) => id)]);
  const became = await whatBecameOf(
    hubspot,
    [...open].filter((id) => !explained.has(id)),
    { properties: names, settledUntil: await settledUntil(db, reader), readAt },
  );
  return { ...became, seen: [...there, ...became.seen], archived: [...known, ...became.archived] };
}

async function lookForRestored(
  { reader, pool, clock, hubspot, properties }: PassContext,
  cursor: BackCursor,
): Promise<PassStep<Cursor>> {
  const readAt = new Date(clock.nowMs());
  const { ids, after } = await goneFromBin(forWorkspace(pool, reader.workspaceId), reader, {
    after: cursor.after,
    seenSince: new Date(cursor.begunAt),
  });
  const seen = ids.length === 0 ? [] : await hubspot.readNow(ids, await properties());
  return {
    cursor: after === undefined ? null : { ...cursor, after },
    isThrough: after === undefined,
    seen: seen.length,
    ...(seen.length > 0 && {
      isWide: true,
      write: (client) => writePassRecords(client, reader, { seen, readAt, source: 'archived' }),
    }),
  };
}
