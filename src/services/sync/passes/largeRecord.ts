import { z } from 'zod';
import { endEdgesNotShown, endOfStretch, writePartOfEdges } from '../../../db/crm/edges.js';
import { refuseAssociations, type AssociatedTypes } from '../../../db/sync/associations.js';
import { forWorkspace } from '../../../db/tenant.js';
import { passOn, repetitionSchema, type Repetition } from '../../../domain/hubspot/repetition.js';
import { PairRefused, type PartOfAssociations } from '../hubspotAssociations.js';
import { SyncRefused } from '../syncRefused.js';
import type { PassContext, PassStep } from './syncPass.js';

/*
 * One record that has more associations than fit into memory and into one transaction. They are read and written in
 * parts, type by type, each part a step with its place; then, in stretches, what is stored and none of the parts has
 * shown is ended. Each step costs one part, however many there are.
 */

const digits = z.string().regex(/^\d{1,19}$/);
export const largeSchema = z.object({
  id: digits,
  /** The types that are left, the one that is read first among them. */
  types: z.array(z.object({ toType: z.string(), wanted: z.boolean() })).readonly(),
  /** When the read of the first of them began. Absent: it has not begun. */
  readAt: z.number().int().optional(),
  after: z.string().optional(),
  repetition: repetitionSchema.optional(),
  /** All of its parts are read: up to this id what is stored was compared with them. */
  comparedTo: digits.optional(),
});
export type LargeRecord = z.output<typeof largeSchema>;

export const beginLarge = (id: string, { wanted, unwanted }: AssociatedTypes): LargeRecord => ({
  id,
  types: [
    ...wanted.map((toType) => ({ toType, wanted: true })),
    ...unwanted.map((toType) => ({ toType, wanted: false })),
  ],
});

/** The next step of it. `large`: what is left. Undefined: all of it is done. */
export type LargeStep = Pick<PassStep<never>, 'write'> & { readonly large: LargeRecord | undefined };

export async function stepOfLarge(
  context: PassContext,
  large: LargeRecord,
  { most, initial }: { readonly most: number; readonly initial: boolean },
): Promise<LargeStep> {
  const [first] = large.types;
  if (!first) return { large: undefined };
  const readAt = large.readAt ?? context.clock.nowMs();
  if (!first.wanted || large.comparedTo !== undefined)
    return endWhatIsLeft(context, { ...large, readAt }, { toType: first.toType, most });
  return readPart(context, { ...large, readAt }, { toType: first.toType, most, initial });
}

type Begun = LargeRecord & { readonly readAt: number };

async function readPart(
  { reader, pool, hubspot }: PassContext,
  large: Begun,
  { toType, most, initial }: { readonly toType: string; readonly most: number; readonly initial: boolean },
): Promise<LargeStep> {
  const { id, after, types, readAt } = large;
  let part: PartOfAssociations;
  try {
    part = await hubspot.partOfAssociations(toType, id, { after, most });
  } catch (error) {
    if (!(error instanceof PairRefused)) throw error;
    await refuseAssociations(pool, reader, toType, error.message);
    return { large: { id, types: types.slice(1) } };
  }
  const { edges, next } = part;
  return {
    large:
      next === undefined
        ? { id, types, readAt, comparedTo: '0' }
        : { id, types, readAt, after: next, repetition: notInACircle(large.repetition, next) },
    write: (client) =>
      writePartOfEdges(client, reader, { toType, edges, readAt: new Date(readAt) }, { initial }),
  };
}

function notInACircle(before: Repetition | undefined, next: string): Repetition {
  const passed = passOn(before, next);
  if (passed !== 'repeated') return passed;
  throw new SyncRefused('HubSpot named a next page of associations that leads back: asked again later', {
    errorClass: 'stuck',
  });
}

async function endWhatIsLeft(
  { reader, pool }: PassContext,
  { id, types, readAt, comparedTo = '0' }: Begun,
  { toType, most }: { readonly toType: string; readonly most: number },
): Promise<LargeStep> {
  const stretch = { from: id, toType, after: comparedTo };
  const upTo = await endOfStretch(forWorkspace(pool, reader.workspaceId), reader, stretch, most);
  return {
    large: upTo === undefined ? { id, types: types.slice(1) } : { id, types, readAt, comparedTo: upTo },
    write: (client) => endEdgesNotShown(client, reader, { ...stretch, upTo, readAt: new Date(readAt) }),
  };
}
