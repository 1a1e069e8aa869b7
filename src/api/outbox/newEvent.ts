import { z } from 'zod';
import { portalIdSchema, shortList, textSchema, timeSchema } from '../http/input.js';

const MAX_EVENTS = 500;

/** An event as a request or a line of a stream has it. */
export const eventSchema = z
  .strictObject({
    type: textSchema(200),
    payload: z.unknown(),
    key: textSchema(200).optional(),
    orderingKey: textSchema(200).optional(),
    portalId: portalIdSchema.optional(),
    occurredAt: timeSchema
      .refine((time) => time.getTime() >= 0, 'must be a time from 1970 to 9999')
      .optional(),
    version: z.number().int().min(1).max(32_767).optional(),
  })
  .meta({ id: 'NewEvent' });
const strict = z.boolean().default(false);
/** A request with one event. */
export const singleSchema = eventSchema.extend({ strict }).meta({ id: 'SingleEvent' });
/** A request with several. */
export const batchSchema = z
  .strictObject({ events: shortList(eventSchema, MAX_EVENTS), strict })
  .meta({ id: 'EventBatch' });
