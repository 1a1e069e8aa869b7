import { Router, type RequestHandler, type Response } from 'express';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { jsonBody, refuseEncoded } from '../http/body.js';
import { parseInput } from '../http/input.js';
import { AnsweredBefore } from '../http/answerOnce.js';
import type { RouterCore } from '../http/operationsRouter.js';
import { idempotencyKeyOf, sendAgain } from '../http/requestOnce.js';
import {
  CAPTURED,
  captureEvents,
  type Captured,
  type CaptureDependencies,
  type CaptureRequest,
  type GivenEvent,
} from './captureEvents.js';
import { createEventStreams } from './eventStreams.js';
import { batchSchema, eventSchema, singleSchema } from './newEvent.js';

const MAX_BODY = '2mb';
const NDJSON = 'application/x-ndjson';

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

/** Events of applications that cannot reach the database. */
export function eventsRouter(deps: Dependencies, core: Pick<RouterCore, 'sealing'>): Router {
  const router = Router();
  const { logger } = deps;
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
        answerOf: (captured: readonly Captured[]) => ({ events: captured.map(toJson) }),
      };
      return capture(batch, response);
    }
    const { strict: isStrict, ...event } = parseInput(singleSchema, body);
    if (!enabled) return void response.json({ status: 'disabled' });
    return capture(
      {
        ...{ workspaceId, strict: isStrict, pathOf: () => '', answerOf: answerOfOne },
        ...oneKey(event, idempotencyKey),
      },
      response,
    );
  });

  async function capture(given: CaptureRequest, response: Response): Promise<void> {
    try {
      const captured = await captureEvents(deps, given);
      response.status(CAPTURED).json(given.answerOf(captured));
    } catch (error) {
      if (!(error instanceof AnsweredBefore)) throw error;
      await sendAgain(core, response, error);
    }
  }

  return router;
}

function answerOfOne([captured]: readonly Captured[]) {
  if (!captured) throw new AppError('internal', 'The event was not answered');
  if (captured.status === 'conflict')
    throw new AppError(
      'idempotency_conflict',
      `This key belongs to event ${captured.eventId}, which has another type or payload: nothing was captured`,
    );
  return toJson(captured);
}

/** The key of a request with one event is the event's own, too, unless it has one. */
function oneKey(
  event: GivenEvent,
  idempotencyKey: string | undefined,
): { events: [GivenEvent]; idempotencyKey: string | undefined } {
  if (event.key !== undefined) return { events: [event], idempotencyKey };
  return { events: [{ ...event, key: idempotencyKey }], idempotencyKey };
}

function toJson({ eventId, ...rest }: Captured) {
  return { id: eventId, ...rest };
}
