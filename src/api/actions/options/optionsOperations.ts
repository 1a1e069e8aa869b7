import { z } from 'zod';
import type { OperationDescription } from '../../http/operation.js';
import { ACTION_OPERATIONS, messageSchema } from '../../throttle/actionOperation.js';

const [throttle] = ACTION_OPERATIONS;
const text = z.union([z.string(), z.number()]).nullish();
const bodySchema = z
  .looseObject({
    origin: z.looseObject({ portalId: z.union([z.number().int(), z.string()]) }),
    inputFieldName: z.string().nullish(),
    inputFields: z.record(z.string(), z.looseObject({ type: z.string().nullish(), value: text })).nullish(),
    fetchOptions: z.looseObject({ q: text, after: text }).nullish(),
  })
  .meta({ id: 'OptionsCall' });
const pageSchema = z
  .strictObject({
    options: z.array(
      z.strictObject({ label: z.string(), value: z.string(), description: z.string().optional() }),
    ),
    after: z.string().optional().meta({ description: 'Where the next page begins' }),
    searchable: z.boolean().optional().meta({ description: 'Whether `q` is searched for' }),
  })
  .meta({ id: 'FieldOptions' });
const says = (description: string, message: string) => ({
  description,
  body: messageSchema,
  example: { message },
});

const shared = {
  method: 'post',
  scopes: 'none',
  tag: 'HubSpot',
  errors: [],
  answers: {
    200: {
      description: 'A page of choices, which may be a minute old',
      body: pageSchema,
      example: { options: [{ label: 'mail', value: 'mail' }], searchable: true },
    },
    400: says('It cannot be understood', 'The body is not JSON'),
    401: throttle?.answers[401] ?? says('The signature is not right', ''),
    413: says('It is too large', 'The body is larger than 262144 bytes'),
    429: says(
      'Too many calls of this address had a wrong signature',
      'Too many calls from this address had a wrong signature',
    ),
    503: says(
      'There are none now: no such field, a portal that is not connected, a function that fails or takes too long',
      'Its options took longer than 1800 ms',
    ),
  },
  example: {
    body: {
      origin: { portalId: 41_000_009, actionDefinitionId: 33_540_407 },
      objectTypeId: '0-1',
      inputFieldName: 'queue',
      inputFields: { max_throughput: { type: 'STATIC_VALUE', value: '5' } },
      fetchOptions: { q: 'ma' },
    },
  },
} as const;

const headers = throttle?.input.headers;

/** HubSpot's questions for options of drop-downs: past Express, by code of their own (optionsRoute.ts). */
export const OPTIONS_OPERATIONS: readonly OperationDescription[] = [
  {
    ...shared,
    id: 'fetchActionOptions',
    path: '/api/hubspot/actions/{name}/options/{field}',
    summary: 'What there is to choose in a field of an action of your own',
    description:
      'Signed as a call of the action is, and answered within two seconds: by the function `options` of the field, whose pages are kept for a minute by all that it was asked with.',
    input: {
      params: z.object({ name: z.string(), field: z.string() }),
      ...(headers && { headers }),
      body: bodySchema,
    },
    exampleParams: { name: 'greet', field: 'model' },
  },
  {
    ...shared,
    id: 'fetchQueues',
    path: '/api/hubspot/action/options/{field}',
    summary: 'The queues of the portal, for the field `queue` of the throttle',
    description:
      'Signed and kept as above. A name that is typed can be chosen, too: a queue begins with its first record.',
    input: { params: z.object({ field: z.string() }), ...(headers && { headers }), body: bodySchema },
    exampleParams: { field: 'queue' },
  },
];
