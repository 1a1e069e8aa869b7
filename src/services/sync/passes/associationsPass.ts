import { z } from 'zod';
import { idsAfter } from '../../../db/crm/records.js';
import {
  associatedTypes,
  associationsBehindSince,
  associationsCaughtUp,
} from '../../../db/sync/associations.js';
import { ASSOCIATIONS_BATCH, TooManyEdges } from '../hubspotAssociations.js';
import { readAssociations, writeAssociations } from '../associations.js';
import type { PassContext, PassStep, SyncPass } from './syncPass.js';

const EVERY_MS = 6 * 3_600_000;
/** A clock that is read here may differ by so much from the one that marks what is behind. */
const CLOCKS_MS = 1000;

const cursorSchema = z.object({
  version: z.literal(1),
  /** Up to this record the round has come. Absent: it has not begun. */
  after: z
    .string()
    .regex(/^\d{1,19}$/)
    .optional(),
  beganAt: z.number().int().nonnegative().optional(),
  /** No round has come to its end yet: what it finds was there when the type was mirrored for the first time. */
  initial: z.boolean(),
  /** So many records at a time: fewer, where they have very many associations. */
  size: z.number().int().min(1).max(ASSOCIATIONS_BATCH),
});
export type AssociationsCursor = z.output<typeof cursorSchema>;

const BEGINNING: AssociationsCursor = { version: 1, initial: true, size: ASSOCIATIONS_BATCH };

/**
 * The associations of all records of a type, by their ids, up to a thousand in a call for each other type. HubSpot does
 * not show by a record's time that its associations changed, so all of them are read again every six hours; the first
 * round begins when the first load is through, and one begins at once where some could not be read with their records.
 */
export const associationsPass: SyncPass<AssociationsCursor> = {
  name: 'associations',
  everyMs: EVERY_MS,
  cursor: cursorSchema,

  async step(context, stored) {
    const { reader, pool, clock } = context;
    const cursor = { ...BEGINNING, ...stored };
    const beganAt = cursor.beganAt ?? clock.nowMs();
    const { wanted, unwanted } = await associatedTypes(pool, reader);
    const ids = await idsAfter(pool, reader, cursor.after ?? '0', cursor.size);
    if (ids.length === 0) return endOfRound(context, { ...cursor, beganAt });
    const { batch, reads } = await readFitting(context, wanted, ids);
    const readAt = new Date(clock.nowMs());
    // What was chosen before, and is not any more: nothing tells whether it is still so.
    const ended = unwanted.map((toType) => ({ toType, ids: batch, edges: [], readAt }));
    const grown = batch.length < ids.length ? batch.length : Math.min(ASSOCIATIONS_BATCH, cursor.size * 2);
    return {
      cursor: { version: 1, after: batch.at(-1), beganAt, initial: cursor.initial, size: grown },
      isThrough: false,
      seen: batch.length,
      write: (client) =>
        writeAssociations(client, reader, { reads: [...reads, ...ended], isBehind: false }, cursor.initial),
    };
  },
};

/** Reads as many of the records as have not too many associations together. */
async function readFitting(context: PassContext, wanted: readonly string[], ids: readonly string[]) {
  let batch = ids;
  for (;;) {
    try {
      return { batch, reads: await readAssociations(context, wanted, batch) };
    } catch (error) {
      if (!(error instanceof TooManyEdges)) throw error;
      batch = batch.slice(0, Math.ceil(batch.length / 2));
    }
  }
}

async function endOfRound(
  { reader, pool }: PassContext,
  { beganAt, initial, size }: AssociationsCursor & { readonly beganAt: number },
): Promise<PassStep<AssociationsCursor>> {
  const believed = new Date(beganAt - CLOCKS_MS);
  const isThrough = !(await associationsBehindSince(pool, reader, believed));
  return {
    cursor: { version: 1, initial: initial && !isThrough, size },
    isThrough,
    seen: 0,
    async write(client) {
      await associationsCaughtUp(client, reader, believed);
      return 0;
    },
  };
}
