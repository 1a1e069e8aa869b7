import { z } from 'zod';
import { ENDINGS, EXECUTION_STATES } from '../../domain/throttle/executionStates.js';
import { milliseconds, portalId, time } from '../http/answers.js';
import { idSchema } from '../http/input.js';

/** An execution as a list shows it. */
export const executionSchema = z
  .strictObject({
    id: idSchema,
    portalId,
    callbackId: z.string(),
    laneId: idSchema.nullable(),
    state: z.enum(EXECUTION_STATES),
    reason: z.string().nullable().meta({
      description:
        'Why it ended so, or is to end so; while it waits for a portal that is not active, the portal',
    }),
    endRequested: z.enum(ENDINGS).nullable(),
    source: z.string().nullable(),
    objectId: z.string().nullable().meta({ description: 'The record at HubSpot' }),
    attempts: z.number().int(),
    receivedAt: time,
    plannedAt: time.nullable(),
    expiresAt: time.nullable().meta({ description: 'When HubSpot gives it up' }),
    finishedAt: time.nullable(),
    waitedMs: z.number().meta({ description: 'From its arrival until it ended, or until now' }),
    workflowId: z
      .string()
      .nullable()
      .meta({ description: 'The Temporal workflow in which it rides or rode' }),
  })
  .meta({ id: 'Execution' });

/** An execution with when its turn comes. */
export const executionDetailSchema = executionSchema
  .extend({
    position: z.number().int().nullable().meta({ description: 'Its place in its lane, while it waits' }),
    eta: time.nullable(),
    etaMs: milliseconds.nullable(),
    payload: z
      .strictObject({ bytes: z.number().int(), sha256: z.string(), base64: z.string().optional() })
      .nullable()
      .optional()
      .meta({ description: 'Of one that was rejected: the body that could not be understood' }),
  })
  .meta({ id: 'ExecutionDetail' });

export const EXAMPLE_EXECUTION = {
  id: '300',
  portalId: 41_000_009,
  callbackId: 'ap-41000009-2000000000300-12-0',
  laneId: '1',
  state: 'waiting',
  reason: null,
  endRequested: null,
  source: 'WORKFLOWS',
  objectId: '90210',
  attempts: 0,
  receivedAt: '2027-01-01T09:30:00.000Z',
  plannedAt: '2027-01-01T09:30:25.000Z',
  expiresAt: '2027-01-08T09:30:00.000Z',
  finishedAt: null,
  waitedMs: 4200,
  workflowId: 'throttle/41000009/ap-41000009-2000000000251-12-0',
};
export const EXAMPLE_EXECUTION_DETAIL = {
  ...EXAMPLE_EXECUTION,
  position: 201,
  eta: '2027-01-01T09:30:25.000Z',
  etaMs: 20_800,
};
