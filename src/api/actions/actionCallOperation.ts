import { z } from 'zod';
import type { OperationDescription } from '../http/operation.js';
import { ACTION_OPERATIONS, callSchema, messageSchema } from '../throttle/actionOperation.js';

const [throttle] = ACTION_OPERATIONS;
const definedCallSchema = callSchema
  .extend({
    callbackId: z
      .string()
      .min(1)
      .max(200)
      .nullish()
      .meta({ description: 'Calls of agents may have none, which actions that answer inline take' }),
  })
  .meta({ id: 'DefinedActionCall' });
const answerSchema = z
  .strictObject({
    outputFields: z.record(z.string(), z.string()).meta({
      description:
        '`hs_execution_state`: `BLOCK` with `hs_expiration_duration`, `SUCCESS` with the outputs, or `FAIL_CONTINUE` with `errorCode`',
    }),
  })
  .meta({ id: 'DefinedActionAnswer' });

/** HubSpot's call of an action of one's own: past Express, by code of its own (actionCallRoute.ts). */
export const CALL_DEFINED_ACTION: OperationDescription = {
  id: 'callDefinedAction',
  method: 'post',
  path: '/api/hubspot/actions/{name}',
  scopes: 'none',
  tag: 'HubSpot',
  summary: 'Take a record that has reached an action of your own',
  description:
    'Signed as a call of the throttle is. Answered 200 after the commit alone; a repeat of its `callbackId` is answered by what became of the first. An action with `answer: inline` answers by its outputs within three seconds; where its handler fails or is late, 503. Fields that do not fit end the record as failed, with `errorCode` `invalid_input` and the name of the field.',
  input: {
    params: z.object({ name: z.string() }),
    ...(throttle?.input.headers && { headers: throttle.input.headers }),
    body: definedCallSchema,
  },
  answers: {
    ...throttle?.answers,
    200: {
      description: 'Committed: it waits (`BLOCK`), or what became of it (`inline`, and repeats)',
      body: answerSchema,
      example: { outputFields: { hs_execution_state: 'BLOCK', hs_expiration_duration: 'P1W' } },
    },
    503: {
      description:
        'Not committed, no answer of an inline handler, or there is no such action here (yet): HubSpot calls again',
      body: messageSchema,
      example: { message: 'There is no such action here (sluice.config.ts)' },
    },
  },
  errors: [],
  exampleParams: { name: 'greet' },
  example: {
    body: {
      callbackId: 'ap-41000009-1-1-0',
      origin: { portalId: 41_000_009, actionDefinitionId: 33_540_408 },
      context: { source: 'WORKFLOWS', workflowId: 7002 },
      object: { objectId: 1, objectType: 'CONTACT' },
      inputFields: { name: 'Ada' },
    },
  },
};
