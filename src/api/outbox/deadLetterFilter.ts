import { z } from 'zod';
import { missingDeadLetters, type DeadLetterFilter } from '../../db/outbox/deadLetters.js';
import type { Queryable } from '../../db/pool.js';
import { EVENT_CLASSES } from '../../domain/outbox/retry.js';
import { AppError } from '../../platform/errors.js';
import { idSchema, portalIdSchema, shortList, textSchema, timeSchema } from '../http/input.js';

const MAX_IDS = 1000;

/** Which dead letters: all that match everything that is given. */
export const deadLetterFilter = z
  .strictObject({
    ids: shortList(idSchema, MAX_IDS).optional(),
    portalId: portalIdSchema.optional(),
    type: textSchema(200).optional(),
    state: z.enum(['dead', 'invalid', 'discarded']).optional(),
    errorClass: z.enum(EVENT_CLASSES).optional(),
    since: timeSchema.optional(),
  })
  .meta({ id: 'DeadLetterFilter' });

const MAX_NAMED = 20;

/** An id that names none of the dead letters that match is a mistake of the caller: then nothing is done. */
export async function refuseMissing(
  db: Queryable,
  workspaceId: string,
  { ids, ...filter }: DeadLetterFilter,
): Promise<void> {
  if (ids === undefined) return;
  const missing = await missingDeadLetters(db, workspaceId, { ...filter, ids });
  if (missing.length === 0) return;
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  throw new AppError(
    'not_found',
    `There is no such dead letter: ${missing.slice(0, MAX_NAMED).join(', ')}${more}. One that was discarded is found with the state discarded`,
  );
}

export function totalOf(groups: readonly { readonly count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
