import express, { type Request, type RequestHandler } from 'express';
import { parseExactJson } from '../../domain/exactJson.js';
import { AppError } from '../../platform/errors.js';
import { heapShare } from '../../platform/heapShare.js';
import { createBodiesInFlight, type GivenUp } from './bodiesInFlight.js';

declare module 'express-serve-static-core' {
  interface Request {
    /** How the body of this request is read, once it is known that the asker may send one. */
    bodyReader?: RequestHandler;
  }
}

/** Says how bodies are read below a path. Nothing is read yet: `requireScope` does, after it has looked at the key. */
export function bodiesBy(reader: RequestHandler): RequestHandler {
  return (request, _response, next) => {
    request.bodyReader = reader;
    next();
  };
}

/** Reads the body. Nobody's body is read before it is known that they may ask for what the route does. */
export const readBody: RequestHandler = (request, response, next) => {
  if (!request.bodyReader) throw new AppError('internal', 'The route does not say how its body is read');
  void request.bodyReader(request, response, next);
};

/** All bodies of the management API together: some dozens of the largest, where there is the memory for it. */
const MAX_BYTES_IN_FLIGHT = Math.min(64 * 1024 * 1024, heapShare(1 / 16));
const DEADLINE_MS = 15_000;
const bodies = createBodiesInFlight({ maxBytes: MAX_BYTES_IN_FLIGHT, deadlineMs: DEADLINE_MS });

/** A body of JSON, whose numbers keep their digits. */
export function jsonBody(limit: string): RequestHandler {
  const text = express.text({ limit, inflate: false, type: () => true });
  return (request, response, next) => {
    if (!hasBody(request)) return next();
    if (!request.is('application/json'))
      throw new AppError(
        'unsupported_media_type',
        'Send the body as JSON, with Content-Type: application/json',
      );
    refuseEncoded(request);
    refuseOtherCharsets(request);
    let given = false;
    const once = (error?: unknown) => {
      if (given) return;
      given = true;
      if (error !== undefined) return next(error);
      try {
        request.body = parseBody(request.body);
      } catch (problem) {
        return next(problem);
      }
      next();
    };
    const body = bodies.watch(request, request.apiKey?.id ?? 'unknown', (why) => {
      response.set('Connection', 'close'); // the rest is not read
      once(GIVEN_UP[why]());
    });
    response.once('close', () => body.done());
    text(request, response, once);
  };
}

function parseBody(body: unknown): unknown {
  const text = typeof body === 'string' ? body : '';
  if (text === '') return {};
  if (/^\s*[{[]/.test(text)) {
    try {
      return parseExactJson(text);
    } catch {
      // What the parser says quotes the body.
    }
  }
  throw new AppError('invalid_input', 'The body is not valid JSON');
}

const GIVEN_UP: Readonly<Record<GivenUp, () => AppError>> = {
  late: () =>
    new AppError('request_timeout', `The body did not arrive within ${DEADLINE_MS / 1000} s; send it again`),
  no_room: () =>
    new AppError('unavailable', 'More is being sent than can be taken in; send it again in a moment', {
      retryAfterMs: 2000,
    }),
};

/** What is compressed may be a thousand times larger than what was sent, and what it costs is not known before. */
export function refuseEncoded(request: Request): void {
  if ((request.get('content-encoding') ?? 'identity') === 'identity') return;
  throw new AppError(
    'unsupported_media_type',
    'Send the body as it is, without Content-Encoding. What is too large for one request goes to ' +
      'POST /api/events as application/x-ndjson, one event a line',
  );
}

function refuseOtherCharsets(request: Request): void {
  const charset = /charset="?([^;"\s]+)/i.exec(request.get('content-type') ?? '')?.[1];
  if (charset === undefined || charset.toLowerCase().startsWith('utf-')) return;
  throw new AppError('unsupported_media_type', 'The body must be JSON in UTF-8');
}

function hasBody(request: Request): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}
