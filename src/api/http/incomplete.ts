import { z } from 'zod';
import { idSchema } from './input.js';

export const recordId = z.string().meta({ description: "HubSpot's", example: '12345' });

export const failedRowSchema = z
  .strictObject({
    row: z.string().meta({
      description:
        '`contact`, `deals.0`, `contact-deals.0`, `deals-tickets.0.1` (the first deal with the second ticket); `check`: before any row',
    }),
    property: z.string().nullable().meta({ description: 'That HubSpot objects to, where it names one' }),
    reason: z.string(),
  })
  .meta({ id: 'RegistrationFailure' });

/** What a problem says of a registration of which not all was written. */
export const incompleteSchema = z
  .strictObject({
    id: idSchema,
    created: z.strictObject({
      contact_id: recordId.nullable(),
      deal_ids: z.array(recordId.nullable()).meta({ description: 'Null: not written' }),
      ticket_ids: z.array(recordId.nullable()).meta({ description: 'Null: not written' }),
    }),
    failed: z.array(failedRowSchema),
    not_tried: z.array(z.string()).meta({ description: 'Steps that did not begin' }),
    resume: z.string().meta({ description: 'POST it: what is there is not written again' }),
  })
  .meta({ id: 'RegistrationIncomplete' });
