import { z } from 'zod';
import type { OperationDescription } from '../http/operation.js';

const id = z.union([z.number().int(), z.string()]).nullish();
const inputFields = z
  .looseObject({
    queue: z.string().nullish(),
    max_throughput: z.union([z.string(), z.number()]).nullish(),
    time: z.union([z.string(), z.number()]).nullish(),
    period: z.string().nullish(),
    max_waiting: z.union([z.string(), z.number()]).nullish(),
    when_full: z.string().nullish(),
    spread: z.union([z.string(), z.boolean()]).nullish(),
    start_at: z.union([z.string(), z.number()]).nullish(),
    priority: z.union([z.string(), z.number()]).nullish(),
  })
  .nullish();
export const callSchema = z
  .looseObject({
    callbackId: z.string().min(1).max(200),
    origin: z.looseObject({ portalId: id, actionDefinitionId: id }).nullish(),
    context: z.looseObject({ source: z.string().nullish(), workflowId: id, actionId: id }).nullish(),
    object: z.looseObject({ objectId: id }).nullish(),
    inputFields,
    fields: inputFields,
  })
  .meta({ id: 'ActionCall' });

const answerSchema = z
  .strictObject({
    outputFields: z.strictObject({
      hs_execution_state: z.enum(['BLOCK', 'SUCCESS', 'FAIL_CONTINUE']),
      hs_expiration_duration: z
        .string()
        .optional()
        .meta({ description: 'Of BLOCK: so long HubSpot holds the record, as an ISO 8601 duration' }),
      sluice_status: z.string().optional(),
      sluice_wait_seconds: z.string().optional(),
      sluice_place: z
        .string()
        .optional()
        .meta({ description: 'How many were in its lane with it when it was taken in' }),
      sluice_eta: z
        .string()
        .optional()
        .meta({ description: 'Of BLOCK: when its turn comes by the rate, in milliseconds since 1970' }),
      sluice_queue: z.string().optional(),
      sluice_reason: z.string().optional(),
    }),
  })
  .meta({ id: 'ActionAnswer' });
export const messageSchema = z.strictObject({ message: z.string() }).meta({ id: 'Refusal' });

const says = (description: string, message: string) => ({
  description,
  body: messageSchema,
  example: { message },
});

/** HubSpot's call of the action: past Express, by code of its own (actionRoute.ts, ../http/signedCalls.ts). */
export const ACTION_OPERATIONS: readonly OperationDescription[] = [
  {
    id: 'callAction',
    method: 'post',
    path: '/api/hubspot/action',
    scopes: 'none',
    tag: 'HubSpot',
    summary: 'Take a record that has reached the action',
    description:
      'Signed by HubSpot (v3, or v2) over `PUBLIC_URL` and the path. `callbackId` is required, and its portal, in `origin.portalId` or in the callback itself; the rest is read where it can be: what is null or of another kind counts as missing. Answered 200 after the commit alone. `Retry-After` is in milliseconds here: so HubSpot reads it for action calls.',
    input: {
      headers: z.object({
        'x-hubspot-signature': z.string().optional().meta({ description: 'Of v2, or v1 beside v3' }),
        'x-hubspot-signature-version': z.string().optional().meta({ example: 'v2' }),
        'x-hubspot-signature-v3': z.string().optional(),
        'x-hubspot-request-timestamp': z.string().optional().meta({ description: 'Of v3, in milliseconds' }),
      }),
      body: callSchema,
    },
    answers: {
      200: {
        description:
          'Committed: it waits (`BLOCK`), or it goes on at once, with what has become of it in `sluice_status`. A call that cannot be understood is kept as rejected, where its ids can be read',
        body: answerSchema,
        example: {
          outputFields: {
            hs_execution_state: 'BLOCK',
            hs_expiration_duration: 'P1W',
            sluice_place: '201',
            sluice_eta: '1798795825000',
          },
        },
      },
      400: says('Its ids cannot be read', 'The body is not valid JSON'),
      401: says(
        'The signature is not right',
        'The signature is missing: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL',
      ),
      413: says('It is too large', 'The body is larger than 1048576 bytes'),
      429: says(
        'Too many of this portal wait for their commit, or of this address had a wrong signature: HubSpot calls again',
        'Not committed; call again',
      ),
      503: says('Not committed, or not known to be: HubSpot calls again', 'The portal is not installed here'),
    },
    errors: [],
    example: {
      body: {
        callbackId: 'ap-41000009-1-1-0',
        origin: { portalId: 41_000_009, actionDefinitionId: 33_540_407 },
        context: { source: 'WORKFLOWS', workflowId: 7002 },
        object: { objectId: 1, objectType: 'CONTACT' },
        inputFields: { queue: 'mail', max_throughput: '5', time: '1', period: 'minutes' },
      },
    },
  },
];
