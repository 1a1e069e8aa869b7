import { z } from 'zod';
import { EVENT_STATES, findEvent, listEvents } from '../../db/outbox/events.js';
import { forWorkspace } from '../../db/tenant.js';
import { EVENT_CLASSES } from '../../domain/outbox/retry.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { idSchema, notFound, pageQuery, portalIdSchema, textSchema, timeSchema } from '../http/input.js';
import { defineOperation, type OperationDescription } from '../http/operation.js';
import { readPage } from '../http/page.js';
import type { CaptureDependencies } from './captureEvents.js';
import { batchSchema, singleSchema } from './newEvent.js';
import { refuseUnknownFilter } from './refuseUnknownFilter.js';
import { effectsOf, timelineOf } from './timeline.js';

type Dependencies = Pick<CaptureDependencies, 'pool' | 'registry'>;

const eventSchema = z
  .strictObject({
    id: idSchema,
    portalId: portalId.nullable(),
    type: z.string(),
    version: z.number().int(),
    state: z.enum(EVENT_STATES),
    orderingKey: z.string().nullable(),
    eventKey: z.string().nullable(),
    occurredAt: time.nullable(),
    capturedAt: time,
    processedAt: time.nullable(),
    nextAttemptAt: time.nullable(),
    attempts: z.number().int(),
    errorClass: z.string().nullable(),
    lastError: z.string().nullable(),
    mode: z.string().nullable().meta({ description: '`live`, `dry` or `shadow`, once it was processed' }),
    mapping: z.string().nullable().meta({ description: 'Of an event of the type `generic`' }),
    byFallback: z
      .boolean()
      .meta({ description: 'One of its custom events is, or is to be, delivered by its fallback' }),
  })
  .meta({ id: 'Event' });
const eventDetailSchema = eventSchema
  .extend({
    payload: z.unknown(),
    effects: z.array(
      z
        .strictObject({
          n: z.number().int(),
          state: z.string(),
          objectId: z.string().nullable(),
          errorClass: z.string().nullable(),
          fallback: z.string().nullable(),
          ambiguous: z.number().int(),
        })
        .meta({ id: 'EffectOfEvent' }),
    ),
    ledger: z
      .array(
        z
          .strictObject({
            n: z.number().int(),
            kind: z.string(),
            state: z.enum(['intended', 'done', 'ambiguous']),
            objectType: z.string(),
            objectId: z.string().nullable(),
            ambiguous: z.number().int(),
            sentAt: time,
            resolvedAt: time.nullable(),
          })
          .meta({ id: 'LedgerEntry' }),
      )
      .meta({ description: 'What was sent that HubSpot cannot deduplicate' }),
    timeline: z.array(
      z.strictObject({
        at: time,
        what: z.enum(['captured', 'failed', 'redriven', 'replayed', 'sent', 'processed', 'next attempt']),
        detail: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'EventDetail' });

const EXAMPLE = {
  ...{ id: '8', portalId: 41_000_009, type: 'nova_earned', version: 1, state: 'processed' },
  ...{ orderingKey: 'd-17', eventKey: null, occurredAt: null, capturedAt: '2027-01-01T09:30:00.000Z' },
  ...{ processedAt: '2027-01-01T09:30:01.000Z', nextAttemptAt: null, attempts: 1, errorClass: null },
  ...{ lastError: null, mode: 'live', mapping: null, byFallback: false },
};
const EXAMPLE_DETAIL = {
  ...EXAMPLE,
  payload: { driverId: 'd-17', email: 'ada@example.com', amount: 5 },
  effects: [{ n: 0, state: 'done', objectId: '901', errorClass: null, fallback: null, ambiguous: 0 }],
  ledger: [],
  timeline: [
    { at: '2027-01-01T09:30:00.000Z', what: 'captured' },
    { at: '2027-01-01T09:30:01.000Z', what: 'processed', detail: 'live' },
  ],
};

const the = { tag: 'Events', scopes: ['outbox'], resource: 'event' } as const;

/** What became of events. */
export const EVENT_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listEvents',
    method: 'get',
    path: '/api/events',
    summary: 'List events, the newest first, whatever became of them',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        type: textSchema(200).optional(),
        state: z.enum(EVENT_STATES).optional(),
        errorClass: z.enum(EVENT_CLASSES).optional(),
        key: textSchema(200).optional(),
        since: timeSchema.optional(),
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of events',
        body: pageOf(eventSchema).meta({ id: 'EventPage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool, registry }: Dependencies, { workspaceId }, { query: { key, ...filter } }) {
      const db = forWorkspace(pool, workspaceId);
      const page = await readPage(
        filter.limit,
        (limit) => listEvents(db, workspaceId, { ...filter, limit, eventKey: key }),
        ({ id }) => id,
      );
      await refuseUnknownFilter({ pool, registry }, workspaceId, page.items, filter);
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'showEvent',
    method: 'get',
    path: '/api/events/{id}',
    summary: 'Show an event with its payload, effects and tries',
    input: { params: z.strictObject({ id: idSchema }) },
    answers: { 200: { description: 'The event', body: eventDetailSchema, example: EXAMPLE_DETAIL } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params: { id } }) {
      const event = await findEvent(forWorkspace(pool, workspaceId), workspaceId, id);
      if (!event) throw notFound(the.resource);
      const { failedAttempts: _, redriven: __, ledger, effects: ___, ...view } = event;
      return {
        status: 200,
        body: { ...view, effects: effectsOf(event), ledger, timeline: timelineOf(event) },
      };
    },
  }),
] as const;

const capturedSchema = z
  .strictObject({
    id: idSchema,
    status: z.enum(['captured', 'duplicate', 'conflict', 'invalid']),
    reason: z.string().optional(),
  })
  .meta({ id: 'CapturedEvent' });
const disabledSchema = z.strictObject({ status: z.literal('disabled') }).meta({ id: 'CaptureDisabled' });

/** `eventsRouter.ts` takes them: a body may be a stream of any length. */
export const CAPTURE_EVENTS: OperationDescription = {
  ...the,
  id: 'captureEvents',
  method: 'post',
  path: '/api/events',
  summary: 'Capture an event, or up to 500',
  description:
    'For applications that cannot reach the database. Events in any number are sent as `application/x-ndjson`, one a line, and are committed as they are read; the answer then counts lines. With an `Idempotency-Key` a repeat changes nothing.',
  input: {
    body: z.union([singleSchema, batchSchema]),
  },
  answers: {
    200: {
      description: 'The outbox is switched off: nothing was captured',
      body: z.union([disabledSchema, z.strictObject({ events: z.array(disabledSchema) })]),
      example: { status: 'disabled' },
    },
    202: {
      description: 'What became of each; captured ones are committed',
      body: z.union([
        capturedSchema,
        z.strictObject({ events: z.array(capturedSchema) }).meta({ id: 'CapturedEvents' }),
        z
          .strictObject({
            ...{ lines: z.number().int(), captured: z.number().int(), duplicate: z.number().int() },
            ...{ conflict: z.number().int(), invalid: z.number().int(), refused: z.number().int() },
            problems: z.array(z.strictObject({ line: z.number().int(), message: z.string() })),
            omittedProblems: z.number().int(),
          })
          .meta({ id: 'CapturedLines' }),
      ]),
      example: { id: '8', status: 'captured' },
    },
  },
  idempotent: true,
  errors: [],
  example: { body: { type: 'nova_earned', payload: EXAMPLE_DETAIL.payload } },
};
