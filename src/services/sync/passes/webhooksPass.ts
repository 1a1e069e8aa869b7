import { z } from 'zod';
import { liveAmong, settledUntil } from '../../../db/sync/deletes.js';
import { writePassRecords } from '../../../db/sync/passRecords.js';
import { forWorkspace } from '../../../db/tenant.js';
import { endReads, readsAfter, type AskedRead } from '../../../db/webhooks/reads.js';
import { mergedInto } from '../../../domain/crm/mirroredRecord.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { associationsOfPage, writeAssociations } from '../associations.js';
import { whatBecameOf } from '../deletes/whatBecameOf.js';
import { writeGoneInPass } from '../deletes/writeGone.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const cursorSchema = z.object({ version: z.literal(1), after: z.string() });
type Cursor = z.output<typeof cursorSchema>;

const BATCH = 100;
/** Who has asked for an erasure that a webhook tells of. */
const ERASER = 'hubspot';

/**
 * Reads the records that webhooks have named, however often, in the order of their ids, so that none waits for ever for
 * one that is named again and again. What a read shows holds for all events that came before it began; what was named
 * after that is read once more.
 */
export const webhooksPass: SyncPass<Cursor> = {
  name: 'webhooks',
  priority: 'sync',
  everyMs: 0,
  cursor: cursorSchema,
  async step(context, cursor): Promise<PassStep<Cursor>> {
    const { reader, pool } = context;
    const after = cursor?.after ?? '0';
    const asked = await readsAfter(forWorkspace(pool, reader.workspaceId), reader, { after, most: BATCH });
    // Those with lower ids that were named meanwhile are read in the next turn, a second after this one began.
    if (asked.length === 0) return { cursor: null, isThrough: true, seen: 0 };
    const last = asked.at(-1);
    return readThem(context, asked, last ? { version: 1, after: last.recordId } : null);
  },
};

async function readThem(
  { reader, pool, clock, hubspot, properties, errorRoom, toErase }: PassContext,
  asked: readonly AskedRead[],
  cursor: Cursor | null,
): Promise<PassStep<Cursor>> {
  const db = forWorkspace(pool, reader.workspaceId);
  const erased = asked.filter(({ erases }) => erases);
  const erase = erased.length > 0 ? await toErase() : undefined;
  const names = await properties();
  const readAt = new Date(clock.nowMs());
  const ids = asked.filter(({ erases }) => !erases).map(({ recordId }) => recordId);
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
  crashPoint('sync.webhooks.records-read');
  const seen = [...there, ...became.seen];
  const linked = new Set(asked.filter(({ associations }) => associations).map(({ recordId }) => recordId));
  const associations = await associationsOfPage(
    { reader, pool, clock, hubspot },
    seen.filter((one) => [one.id, ...mergedInto(one)].some((id) => linked.has(id))).map(({ id }) => id),
  );
  const read = { readAt, source: 'webhook' };
  return {
    cursor,
    isThrough: false,
    seen: asked.length,
    // What is deleted or merged takes associations of other types along.
    isWide:
      erased.length + became.archived.length + became.binnedSurvivors.length > 0 ||
      seen.some((one) => mergedInto(one).length > 0),
    async write(client) {
      for (const { recordId } of erased) await erase?.(client, { ...reader, recordId }, ERASER);
      let changed = await writeGoneInPass(client, reader, became, read);
      if (seen.length > 0) changed += await writePassRecords(client, reader, { seen, ...read });
      changed += await writeAssociations(client, reader, associations);
      await endReads(client, reader, asked);
      return changed;
    },
  };
}
