import { z } from 'zod';
import { PROPERTY_NAME } from '../../domain/crm/declaredProperty.js';
import { portalIdSchema } from '../http/input.js';
import type { OperationDescription } from '../http/operation.js';
import { recordIdSchema } from './recordAnswers.js';
import { RECORD_QUERY } from './recordQueryInput.js';
import { namedTypeSchema } from './namedType.js';

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export const MOST_PROPERTIES = 2000;
const MOST_CHARACTERS = 60_000;

export const exportQuery = z.strictObject({
  portalId: portalIdSchema.optional(),
  format: z.enum(EXPORT_FORMATS).default('ndjson'),
  properties: z
    .string()
    .max(MOST_CHARACTERS)
    .transform((text) => text.split(','))
    .refine(
      (names) => names.length <= MOST_PROPERTIES && names.every((name) => PROPERTY_NAME.test(name)),
      `must be names of properties with commas between them, ${MOST_PROPERTIES} at most`,
    )
    .optional()
    .meta({
      description: 'These alone, with commas between them; without it all that the portal has',
      override: { type: 'string', maxLength: MOST_CHARACTERS },
    }),
  archived: RECORD_QUERY.archived,
  after: recordIdSchema.optional().meta({ description: 'Go on behind the record of this id' }),
});

/** `exportRouter.ts` answers it: a stream of any length. */
export const EXPORT_RECORDS: OperationDescription = {
  tag: 'Records',
  scopes: ['crm'],
  resource: 'record',
  id: 'exportRecords',
  method: 'get',
  path: '/api/objects/{objectType}/export',
  summary: 'All records of a type, as a stream',
  description:
    'By their ids, as NDJSON (`application/x-ndjson`, a record as `GET /api/objects/{objectType}/{recordId}` has it in each line) or CSV (`text/csv`: `id`, `createdAt`, `modifiedAt` and `properties`; cells that a spreadsheet would run as a formula begin with an apostrophe). A stream that ends early has broken off: go on with `after`, the id of the last whole record. What is written meanwhile is in it where the stream has not yet come by. With `after` CSV has no row of names.',
  input: { params: z.strictObject({ objectType: namedTypeSchema }), query: exportQuery },
  answers: {
    200: {
      description: 'The records, to the last',
      headers: { 'x-total-records': 'How many the mirror has that are not in the recycle bin' },
    },
  },
  errors: ['not_found', 'too_many_requests'],
  exampleParams: { objectType: 'contacts' },
};
