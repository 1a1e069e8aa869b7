import { z } from 'zod';
import { isDataError } from '../../../db/dataError.js';
import { lastReadBefore, liveBetween } from '../../../db/sync/audit.js';
import { liveAmong, settledUntil, tellVanished } from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { forWorkspace } from '../../../db/tenant.js';
import {
  endReads,
  lookTogether,
  nextReads,
  noteAgain,
  TOGETHER,
  type AskedRead,
} from '../../../db/webhooks/reads.js';
import { mergedInto } from '../../../domain/crm/mirroredRecord.js';
import { HUBSPOT_ERASES } from '../../../domain/webhooks/hubspotErases.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { associationsOfPage, writeAssociations } from '../associations.js';
import { whatBecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import { refusalOf } from '../syncFailures.js';
import { SyncRefused } from '../syncRefused.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const cursorSchema = z.object({
  version: z.literal(2),
  /** The round has what was due by then. Absent: by the first step that is taken. */
  until: z.string().optional(),
  /** So many are read at a time: fewer while one of them keeps the others from being read. */
  size: z.number().int(),
});
type Cursor = z.output<typeof cursorSchema>;

const BATCH = 100;
const ERASED_AT_ONCE = 10;
/** HubSpot may show a record late, in its recycle bin too: what it shows nowhere is gone if it was read so long ago. */
const SURELY_SHOWN_MS = 86_400_000;
const HIGHEST_ID = String(2n ** 63n - 1n);
/** Read alone to find out whether records can be read at all. */
const PROBES = 3;

/**
 * Reads the records that webhooks have named, however often, those first that have waited longest. What a read shows
 * holds for all events that came before it began; what was named after that is read once more, behind the others. A
 * batch that is refused is halved until the record stands alone that is to blame: it is put off, and ends, by itself.
 */
export const webhooksPass: SyncPass<Cursor> = {
  name: 'webhooks',
  priority: 'sync',
  everyMs: 0,
  retriesAfterMs: 1000,
  cursor: cursorSchema,
  async step(context, cursor): Promise<PassStep<Cursor>> {
    const { erases, asked } = await nextOf(context, cursor);
    const [first] = asked;
    if (!first) return { cursor: null, isThrough: true, seen: 0 };
    const size = Math.min(BATCH, 2 * (cursor?.size ?? BATCH));
    const on: Cursor = { version: 2, until: first.until, size };
    return erases ? eraseThem(context, asked, on) : readThem(context, asked, on);
  },

  async afterRefusal(context, cursor, error) {
    if (!isOfWhatWasGiven(error)) return undefined;
    const { erases, asked } = await nextOf(context, cursor);
    const [first] = asked;
    if (!first) return undefined;
    const smaller: Cursor = { version: 2, until: cursor?.until, size: Math.ceil(asked.length / 2) };
    if (asked.length > 1) return smaller;
    if (!erases && !(await canReadOthers(context, first))) return undefined;
    const { message, how } = refusalOf(error);
    await endReads(forWorkspace(context.pool, context.reader.workspaceId), context.reader, asked, {
      ...{ recordIds: [first.recordId], errorClass: how.errorClass, message },
    });
    return smaller;
  },
};

/** Erasures first, a few at a time: they need nothing of HubSpot, and wait for nothing that does. */
async function nextOf({ reader, pool }: PassContext, cursor: Cursor | null) {
  const db = forWorkspace(pool, reader.workspaceId);
  const { until, size = BATCH } = cursor ?? {};
  const erasing = await nextReads(db, reader, {
    ...{ erases: true, until, most: Math.min(size, ERASED_AT_ONCE) },
  });
  if (erasing.length > 0) return { erases: true, asked: erasing };
  const all = await nextReads(db, reader, { erases: false, until, most: size });
  // Those alone that the same source has named: what they change is counted as its.
  return { erases: false, asked: all.filter(({ source }) => source === all[0]?.source) };
}

/** Whether an error may be about what was read or written, and not about the way to it. */
const isOfWhatWasGiven = (error: unknown): boolean =>
  error instanceof SyncRefused ? ['refused', 'unclear'].includes(error.how.errorClass) : isDataError(error);

/** What refuses all alike is no fault of one of them. */
async function canReadOthers({ reader, pool, hubspot, properties }: PassContext, than: AskedRead) {
  const others = await liveBetween(forWorkspace(pool, reader.workspaceId), reader, {
    ...{ after: '0', upTo: HIGHEST_ID, limit: PROBES, without: [than.recordId] },
  });
  const names = await properties();
  for (const id of others)
    try {
      await hubspot.readNow([id], names);
      return true;
    } catch (error) {
      if (!isOfWhatWasGiven(error)) throw error;
    }
  return others.length === 0;
}

async function eraseThem(
  { reader, toErase }: PassContext,
  asked: readonly AskedRead[],
  cursor: Cursor,
): Promise<PassStep<Cursor>> {
  const erase = await toErase();
  return {
    ...{ cursor, isThrough: false, seen: asked.length, isWide: true },
    async write(client) {
      for (const { recordId } of asked) await erase(client, { ...reader, recordId }, HUBSPOT_ERASES);
      await endReads(client, reader, asked);
      return 0;
    },
  };
}

async function readThem(
  { reader, pool, clock, hubspot, properties, errorRoom }: PassContext,
  asked: readonly AskedRead[],
  cursor: Cursor,
): Promise<PassStep<Cursor>> {
  const db = forWorkspace(pool, reader.workspaceId);
  const ids = asked.map(({ recordId }) => recordId).filter((id) => id !== TOGETHER);
  const names = ids.length > 0 ? await properties() : [];
  const readAt = new Date(clock.nowMs());
  const there = await hubspot.readNow(ids, names);
  const explained = new Set(there.flatMap((one) => [one.id, ...mergedInto(one)]));
  const missing = await liveAmong(
    db,
    reader,
    ids.filter((id) => !explained.has(id)),
  );
  const became = await whatBecameOf(hubspot, missing, {
    ...{ properties: names, settledUntil: await settledUntil(db, reader), readAt },
    room: await errorRoom(),
  });
  const longAgo = new Date(readAt.getTime() - SURELY_SHOWN_MS);
  const vanished = await lastReadBefore(db, reader, became.vanished, longAgo);
  const surely = new Set(vanished.map(({ id }) => id));
  const recordIds = [...became.left, ...became.vanished.filter((id) => !surely.has(id))];
  crashPoint('sync.webhooks.records-read');
  const seen = [...there, ...became.seen];
  const linked = new Set(asked.filter(({ associations }) => associations).map(({ recordId }) => recordId));
  const associations = await associationsOfPage(
    { reader, pool, clock, hubspot },
    seen.filter((one) => [one.id, ...mergedInto(one)].some((id) => linked.has(id))).map(({ id }) => id),
  );
  const source = asked[0]?.source ?? 'webhook';
  const read = { readAt, source };
  return {
    cursor,
    isThrough: false,
    seen: asked.length,
    source,
    // What is deleted or merged takes associations of other types along.
    isWide:
      became.archived.length + became.binnedSurvivors.length + vanished.length > 0 ||
      seen.some((one) => mergedInto(one).length > 0),
    async write(client) {
      // Before what was read is written: it says what had brought them. Of what is gone already, too.
      await noteAgain(client, reader, [...new Set([...ids, ...seen.map(({ id }) => id)])], source);
      if (ids.length < asked.length) await lookTogether(client, reader);
      let changed = await writeGoneInPass(client, reader, became, read);
      changed += await tellVanished(client, reader, { archived: vanished, ...read });
      if (seen.length > 0) changed += await writePassRecords(client, reader, { seen, ...read });
      changed += await writeAssociations(client, reader, associations);
      await endReads(client, reader, asked, {
        ...{ recordIds, errorClass: 'unclear' },
        message: 'HubSpot shows the record neither live nor in its recycle bin',
      });
      return changed;
    },
  };
}
