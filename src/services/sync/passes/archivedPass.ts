import { z } from 'zod';
import {
  beginDeletesRound,
  deletedAfter,
  deletedAmong,
  endDeletesRound,
  liveAmong,
  notKept,
  settledUntil,
} from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { forWorkspace } from '../../../db/tenant.js';
import { mergedInto } from '../../../domain/crm/mirroredRecord.js';
import { passOn, repetitionSchema } from '../../../domain/hubspot/repetition.js';
import { differing, EMPTY, sumOf, withIds } from '../../../domain/sync/tally.js';
import { NOTHING_BECAME, whatBecameOf, type BecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import type { BinnedRecord } from '../hubspotRecords.js';
import { SyncRefused } from '../syncRefused.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const digits = z.string();
const begun = { version: z.literal(1), begunAt: z.number().int() };
const tallySchema = z.array(z.number().int().nonnegative()).readonly();
const cursorSchema = z.discriminatedUnion('kind', [
  /** The recycle bin, page by page. */
  z.object({
    ...begun,
    kind: z.literal('bin'),
    after: z.string(),
    /** Of what it has shown that the mirror has as deleted. */
    shown: tallySchema.default([]),
    /** Empty pages in a row. */
    barren: z.number().int(),
    repetition: repetitionSchema.optional(),
  }),
  /** Then what the mirror has as deleted is gone through, */
  z.object({ ...begun, kind: z.literal('tally'), after: digits, shown: tallySchema, stored: tallySchema }),
  /** and where the two differ, what the bin may not have shown is asked for. Absent: all of it is. */
  z.object({ ...begun, kind: z.literal('back'), after: digits, among: tallySchema.optional() }),
]);
type Cursor = z.output<typeof cursorSchema>;
type BinCursor = Extract<Cursor, { kind: 'bin' }>;
type TallyCursor = Extract<Cursor, { kind: 'tally' }>;
type BackCursor = Extract<Cursor, { kind: 'back' }>;

const MOST_BARREN = 100;
const BATCH = 100;

/**
 * Once an hour the recycle bin is compared with the mirror: a delete moves no time of change, and searches never show
 * it, nor that a record has come back. What is in the bin and live in the mirror was deleted or merged; what is deleted
 * in the mirror and was not seen in the bin is asked for, since that it was not shown proves nothing. Which that may be
 * is told by sums over both (domain/sync/tally.ts): no row is written for having been seen.
 */
export const archivedPass: SyncPass<Cursor> = {
  name: 'archived',
  everyMs: 3_600_000,
  cursor: cursorSchema,
  step(context, cursor) {
    if (cursor?.kind === 'tally') return countDeleted(context, cursor);
    return cursor?.kind === 'back' ? lookForRestored(context, cursor) : compareBin(context, cursor);
  },
};

async function compareBin(context: PassContext, cursor: BinCursor | null): Promise<PassStep<Cursor>> {
  const { reader, clock, hubspot } = context;
  const readAt = new Date(clock.nowMs());
  const begunAt = cursor?.begunAt ?? readAt.getTime();
  const { records, next } = await hubspot.binPage(cursor?.after);
  const barren = records.length === 0 ? (cursor?.barren ?? 0) + 1 : 0;
  const repetition = next === undefined ? undefined : passOn(cursor?.repetition, next);
  if (next !== undefined && (next === cursor?.after || repetition === 'repeated' || barren > MOST_BARREN))
    throw new SyncRefused(
      'HubSpot named a next page of the recycle bin that leads back: it is asked again later',
      {
        errorClass: 'stuck',
      },
    );
  const became = await whatIsToTell(context, records, readAt);
  const db = forWorkspace(context.pool, reader.workspaceId);
  const ids = records.map(({ id }) => id);
  const leaving = await notKept(db, reader, became.archived);
  const shown = withIds(cursor?.shown ?? EMPTY, [
    ...(await deletedAmong(db, reader, ids)),
    ...leaving.map(({ id }) => id),
  ]);
  const read = { readAt, source: 'archived' };
  return {
    cursor:
      next === undefined
        ? { version: 1, kind: 'tally', after: '0', begunAt, shown, stored: EMPTY }
        : {
            ...{ version: 1, kind: 'bin', after: next, begunAt, shown, barren },
            ...(repetition !== 'repeated' && { repetition }),
          },
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

/** What a page of the recycle bin says of records that the mirror has as live. */
async function whatIsToTell(
  { reader, pool, hubspot, properties, errorRoom }: PassContext,
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
  const losers = records.flatMap((one) => mergedInto(one));
  const ghosts = new Set(await liveAmong(db, reader, losers));
  if (live.size + ghosts.size === 0) return NOTHING_BECAME;

  const names = await properties();
  // The list may be older than what has come back since.
  const there = await hubspot.readNow([...live], names);
  const explained = new Set(there.flatMap((one) => [one.id, ...mergedInto(one)]));
  const survivors = records.filter((one) => mergedInto(one).some((id) => ghosts.has(id)));
  const open = new Set([...live, ...survivors.map(({ id }) => id)]);
  const became = await whatBecameOf(
    hubspot,
    [...open].filter((id) => !explained.has(id)),
    {
      ...{ properties: names, settledUntil: await settledUntil(db, reader), readAt },
      room: await errorRoom(),
    },
  );
  return { ...became, seen: [...there, ...became.seen] };
}

/** The next of what the mirror has as deleted, into the sums. */
async function countDeleted({ reader, pool }: PassContext, cursor: TallyCursor): Promise<PassStep<Cursor>> {
  const { ids, after } = await deletedAfter(forWorkspace(pool, reader.workspaceId), reader, cursor.after);
  const stored = withIds(cursor.stored, ids);
  if (after !== undefined) return { cursor: { ...cursor, after, stored }, isThrough: false, seen: 0 };
  const among = differing(cursor.shown, stored);
  const { version, begunAt } = cursor;
  return {
    cursor: among.length === 0 ? null : { version, begunAt, kind: 'back', after: '0', among },
    isThrough: among.length === 0,
    seen: 0,
  };
}

async function lookForRestored(
  { reader, pool, clock, hubspot, properties }: PassContext,
  cursor: BackCursor,
): Promise<PassStep<Cursor>> {
  const readAt = new Date(clock.nowMs());
  const next = await deletedAfter(forWorkspace(pool, reader.workspaceId), reader, cursor.after);
  const among = cursor.among && new Set(cursor.among);
  const unseen = next.ids.filter((id) => !among || among.has(sumOf(id)));
  const ids = unseen.slice(0, BATCH);
  const after = unseen.length > ids.length ? ids.at(-1) : next.after;
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
