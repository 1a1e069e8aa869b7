import { Router, type Request, type RequestHandler } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { EVENT_STATES, findEvent, listEvents } from '../../db/outbox/events.js';
import { forWorkspace } from '../../db/tenant.js';
import { AppError } from '../../platform/errors.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { jsonBody, refuseEncoded } from '../http/body.js';
import {
  idSchema,
  limitSchema,
  notFound,
  parseInput,
  pathId,
  portalIdSchema,
  shortList,
  textSchema,
  timeSchema,
} from '../http/input.js';
import { sendExactJson } from '../http/sendExactJson.js';
import { readPage } from '../http/page.js';
import { captureEvents, type CaptureDependencies, type GivenEvent } from './captureEvents.js';
import { createEventStreams } from './eventStreams.js';
import { effectsOf, timelineOf } from './timeline.js';

const MAX_EVENTS = 500;
const MAX_BODY = '2mb';
const NDJSON = 'application/x-ndjson';

const eventSchema = z.strictObject({
  type: textSchema(200),
  payload: z.unknown(),
  key: textSchema(200).optional(),
  orderingKey: textSchema(200).optional(),
  portalId: portalIdSchema.optional(),
  occurredAt: timeSchema.refine((time) => time.getTime() >= 0, 'must be a time from 1970 to 9999').optional(),
  version: z.number().int().min(1).max(32_767).optional(),
});
const strict = z.boolean().default(false);
const singleSchema = eventSchema.extend({ strict });
const batchSchema = z.strictObject({ events: shortList(eventSchema, MAX_EVENTS), strict });
const keySchema = textSchema(200).optional();
const listSchema = z.strictObject({
  portalId: portalIdSchema.optional(),
  type: textSchema(200).optional(),
  state: z.enum(EVENT_STATES).optional(),
  errorClass: textSchema(50).optional(),
  key: textSchema(200).optional(),
  since: timeSchema.optional(),
  after: idSchema.optional(),
  limit: limitSchema(200, 50),
});

type Dependencies = CaptureDependencies & { readonly config: Pick<Config, 'HUBSPOT_ENABLED'> };

/** Batches are larger than the bodies of other routes; a stream of lines is read by the route itself. */
export function eventsBody(): RequestHandler {
  const json = jsonBody(MAX_BODY);
  return (request, response, next) => {
    if (request.method === 'POST' && request.is(NDJSON)) {
      refuseEncoded(request);
      next();
    } else void json(request, response, next);
  };
}

/** Events of applications that cannot reach the database, and what became of all events. */
export function eventsRouter(deps: Dependencies): Router {
  const router = Router();
  const { pool, logger } = deps;
  const { HUBSPOT_ENABLED: enabled } = deps.config;
  const streams = createEventStreams({ ...deps, eventSchema });
  if (!enabled) logger.warn('The outbox is switched off (HUBSPOT_ENABLED): events are not captured');

  router.post('/', requireScope('outbox'), async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    const idempotencyKey = idempotencyKeyOf(request);
    if (request.is(NDJSON)) {
      if (!enabled) return void response.json({ status: 'disabled' });
      const taken = await streams.take(apiKeyOf(request).id, request, { workspaceId, idempotencyKey });
      return void response.status(202).json(taken);
    }
    const body: unknown = request.body;
    if (typeof body === 'object' && body !== null && 'events' in body) {
      const { events, strict: isStrict } = parseInput(batchSchema, body);
      if (!enabled) return void response.json({ events: events.map(() => ({ status: 'disabled' })) });
      const batch = {
        workspaceId,
        events,
        strict: isStrict,
        idempotencyKey,
        pathOf: (n: number) => `events.${n}.`,
      };
      return void response.status(202).json({ events: (await captureEvents(deps, batch)).map(toJson) });
    }
    const { strict: isStrict, ...event } = parseInput(singleSchema, body);
    if (!enabled) return void response.json({ status: 'disabled' });
    const [captured] = await captureEvents(deps, {
      ...{ workspaceId, strict: isStrict, pathOf: () => '' },
      ...oneKey(event, idempotencyKey),
    });
    if (!captured) throw new AppError('internal', 'The event was not answered');
    if (captured.status === 'conflict')
      throw new AppError(
        'idempotency_conflict',
        `This key belongs to event ${captured.eventId}, which has another type or payload: nothing was captured`,
      );
    response.status(202).json(toJson(captured));
  });

  router.get('/', requireScope('outbox'), async (request, response) => {
    const { key, ...filter } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const page = await readPage(
      filter.limit,
      (limit) =>
        listEvents(forWorkspace(pool, workspaceId), workspaceId, { ...filter, limit, eventKey: key }),
      ({ id }) => id,
    );
    response.json(page);
  });

  router.get('/:id', requireScope('outbox'), async (request, response) => {
    const { workspaceId } = apiKeyOf(request);
    const event = await findEvent(
      forWorkspace(pool, workspaceId),
      workspaceId,
      pathId(request, 'id', 'event'),
    );
    if (!event) throw notFound('event');
    const { failedAttempts: _, ledger, effects: __, ...view } = event;
    sendExactJson(response, { ...view, effects: effectsOf(event), ledger, timeline: timelineOf(event) });
  });

  return router;
}

function idempotencyKeyOf(request: Request): string | undefined {
  const given = { 'Idempotency-Key': request.get('Idempotency-Key') };
  return parseInput(z.object({ 'Idempotency-Key': keySchema }), given)['Idempotency-Key'];
}

/** The key of a request with one event is the event's own, too, unless it has one. */
function oneKey(
  event: GivenEvent,
  idempotencyKey: string | undefined,
): { events: [GivenEvent]; idempotencyKey: string | undefined } {
  if (event.key !== undefined) return { events: [event], idempotencyKey };
  return { events: [{ ...event, key: idempotencyKey }], idempotencyKey };
}

function toJson({ eventId, ...rest }: Awaited<ReturnType<typeof captureEvents>>[number]) {
  return { id: eventId, ...rest };
}
