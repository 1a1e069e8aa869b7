import { z } from 'zod';
import { shortList } from '../http/input.js';

/** Of one association. */
const MOST_LABELS = 20;
const LONGEST_LABEL = 200;

const askedSchema = z.strictObject({
  labels: shortList(
    z.union(
      [z.string().trim().min(1).max(LONGEST_LABEL), z.number().int().min(1).max(2_147_483_647)],
      'must be a name, or a type id',
    ),
    MOST_LABELS,
    0,
  )
    .optional()
    .meta({ description: 'Names or type ids: added to those that the two have' }),
});

/** Which associations a registration makes beside the usual ones, and with which labels. */
export const associationsSchema = z
  .strictObject({
    'contact-deals': askedSchema.optional(),
    'contact-tickets': askedSchema.optional(),
    'deals-tickets': askedSchema
      .optional()
      .meta({ description: 'Each deal is associated with each ticket, too' }),
  })
  .meta({ id: 'AskedAssociations' });
