import { z } from 'zod';
import { idsAfter } from '../../../db/crm/records.js';
import {
  associatedTypes,
  associationsBehindSince,
  associationsCaughtUp,
} from '../../../db/sync/associations.js';
import { ASSOCIATIONS_BATCH, MOST_EDGES, TooManyEdges } from '../hubspotAssociations.js';
import { readAssociations, writeAssociations } from '../associations.js';
import { beginLarge, largeSchema, stepOfLarge, type LargeRecord } from './largeRecord.js';
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
  /** The record after that one has so many that they are read in parts (largeRecord.ts). */
  large: largeSchema.optional(),
});
export type AssociationsCursor = z.output<typeof cursorSchema>;

const BEGINNING: AssociationsCursor = { version: 1, initial: true, size: ASSOCIATIONS_BATCH };

/**
 * The associations of all records of a type, by their ids, up to a thousand in a call for each other type. HubSpot does
 * not show by a record's time that its associations changed, so all of them are read again every six hours; the first
 * round begins when the first load is through, and one begins at once where some could not be read with their records.
 */
export const associationsPass: SyncPass<AssociationsCursor> = associationsPassOf(MOST_EDGES);

/** `most`: so many associations are in hand at a time. */
export function associationsPassOf(most: number): SyncPass<AssociationsCursor> {
  return {
    name: 'associations',
    everyMs: EVERY_MS,
    cursor: cursorSchema,
    async step(context, stored) {
      const cursor = { ...BEGINNING, ...stored };
      const begun = { ...cursor, beganAt: cursor.beganAt ?? context.clock.nowMs() };
      return begun.large ? readLarge(context, begun, begun.large, most) : readNext(context, begun, most);
    },
  };
}

type Begun = AssociationsCursor & { readonly beganAt: number };

async function readLarge(
  context: PassContext,
  cursor: Begun,
  before: LargeRecord,
  most: number,
): Promise<PassStep<AssociationsCursor>> {
  const { large, write } = await stepOfLarge(context, before, { most, initial: cursor.initial });
  const { large: _, ...onward } = cursor;
  return {
    cursor: large ? { ...onward, large } : { ...onward, after: before.id },
    isThrough: false,
    seen: large ? 0 : 1,
    write,
  };
}

async function readNext(
  context: PassContext,
  cursor: Begun,
  most: number,
): Promise<PassStep<AssociationsCursor>> {
  const { reader, pool, clock } = context;
  const { beganAt } = cursor;
  const types = await associatedTypes(pool, reader);
  const ids = await idsAfter(pool, reader, cursor.after ?? '0', cursor.size);
  const [first] = ids;
  if (first === undefined) return endOfRound(context, cursor);
  const fitting = await readFitting(context, types.wanted, ids, most);
  if (!fitting) return { cursor: { ...cursor, large: beginLarge(first, types) }, isThrough: false, seen: 0 };
  const { batch, reads } = fitting;
  const readAt = new Date(clock.nowMs());
  // What was chosen before, and is not any more: nothing tells whether it is still so.
  const ended = types.unwanted.map((toType) => ({ toType, ids: batch, edges: [], readAt }));
  const grown = batch.length < ids.length ? batch.length : Math.min(ASSOCIATIONS_BATCH, cursor.size * 2);
  return {
    cursor: { version: 1, after: batch.at(-1), beganAt, initial: cursor.initial, size: grown },
    isThrough: false,
    seen: batch.length,
    write: (client) =>
      writeAssociations(client, reader, { reads: [...reads, ...ended], isBehind: false }, cursor.initial),
  };
}

/** Reads as many of the records as have not too many associations together. Undefined: the first alone has too many. */
async function readFitting(
  context: PassContext,
  wanted: readonly string[],
  ids: readonly string[],
  most: number,
) {
  let batch = ids;
  for (;;) {
    try {
      return { batch, reads: await readAssociations(context, wanted, batch, most) };
    } catch (error) {
      if (!(error instanceof TooManyEdges)) throw error;
      if (batch.length === 1) return undefined;
      batch = batch.slice(0, Math.ceil(batch.length / 2));
    }
  }
}

async function endOfRound(
  { reader, pool }: PassContext,
  { beganAt, initial, size }: Begun,
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
