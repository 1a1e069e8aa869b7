import { z } from 'zod';
import { idSchema, portalIdSchema, shortList, textSchema, timeSchema } from '../http/input.js';

const MAX_IDS = 1000;

/** Which dead letters: all that match everything that is given. */
export const deadLetterFilter = z.strictObject({
  ids: shortList(idSchema, MAX_IDS).optional(),
  portalId: portalIdSchema.optional(),
  type: textSchema(200).optional(),
  state: z.enum(['dead', 'invalid', 'discarded']).optional(),
  errorClass: textSchema(50).optional(),
  since: timeSchema.optional(),
});

export function totalOf(groups: readonly { readonly count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
