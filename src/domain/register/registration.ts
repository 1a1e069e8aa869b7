import { z } from 'zod';
import { ExactNumber } from '../exactJson.js';
import { LONGEST_VALUE } from './givenValue.js';

/** Rows of a registration: HubSpot takes 100 in a batch, and all of them are to be through within seconds. */
export const MOST_ROWS = 40;
/** A name of a property is no longer than this. */
const LONGEST_NAME = 100;
const MOST_PROPERTIES = 500;
const MOST_CHOICES = 500;
const LONGEST_ID = 200;

const text = z.string().max(LONGEST_VALUE);
/** HubSpot's values are text; null clears a property. */
const value = z
  .union(
    [
      text,
      z.number(),
      z.boolean(),
      z.null(),
      z.array(text).max(MOST_CHOICES),
      z.instanceof(ExactNumber).meta({ override: { type: 'number' } }),
    ],
    'must be a text, a number, true or false, null, or a list of texts',
  )
  .meta({
    override: {
      anyOf: [
        { type: 'string', maxLength: LONGEST_VALUE },
        { type: 'number' },
        { type: 'boolean' },
        { type: 'null' },
        {
          type: 'array',
          items: { type: 'string', maxLength: LONGEST_VALUE },
          maxItems: MOST_CHOICES,
          description: 'Of a property that may have several values',
        },
      ],
    },
  });

const hasFewProperties = (record: object) => Object.keys(record).length <= MOST_PROPERTIES;
const hasShortNames = (record: object) => Object.keys(record).every((name) => name.length <= LONGEST_NAME);

function required(example: string) {
  return z
    .string('is required, and must be a text')
    .trim()
    .min(1, 'is required')
    .max(LONGEST_VALUE)
    .meta({ examples: [example] });
}

const externalId = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_ID)
  .optional()
  .meta({ description: 'Yours: a later call with it changes the record, and makes none' });

/** Names HubSpot's properties, those of the portal's own too. */
function recordSchema<Shape extends z.ZodRawShape>(id: string, shape: Shape) {
  return z
    .object(shape)
    .catchall(value)
    .refine(hasFewProperties, `must have ${MOST_PROPERTIES} properties at most`)
    .refine(hasShortNames, `must have names of ${LONGEST_NAME} characters at most`)
    .meta({ id });
}

export const ContactSchema = recordSchema('ContactSchema', { email: required('anna@example.com') });
export const DealSchema = recordSchema('DealSchema', {
  dealname: required('Example deal'),
  dealstage: required('appointmentscheduled'),
  external_id: externalId,
});
export const TicketSchema = recordSchema('TicketSchema', {
  subject: required('Example ticket'),
  hs_pipeline_stage: z
    .union([required('1'), z.number()], 'is required, and must be a text')
    .transform(String)
    .meta({ override: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'number' }] } }),
  external_id: externalId,
});
