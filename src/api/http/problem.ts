import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { isTransientDatabaseError } from '../../db/pool.js';
import { AppError, ERRORS, type ErrorCode } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';

/** Answers with problem+json (RFC 9457). Every error of the API leaves through here. */
export function sendProblem(response: Response, error: AppError): void {
  const { fields, omittedFields, retryAfterMs, members } = error.details;
  if (retryAfterMs !== undefined) response.set('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  if (error.code === 'unauthorized') response.set('WWW-Authenticate', 'Bearer realm="sluice"');
  response
    .status(error.status)
    .type('application/problem+json')
    .json({
      type: `urn:sluice:${error.code}`,
      title: ERRORS[error.code].title,
      status: error.status,
      class: ERRORS[error.code].class,
      detail: error.message,
      ...(fields && { errors: fields }),
      ...(omittedFields !== undefined && { omittedErrors: omittedFields }),
      ...members,
      // A 4xx says all there is to know, and the same to everybody; only our own failures need the log.
      ...(error.status >= 500 && { requestId: response.locals.requestId as string | undefined }),
    });
}

export const routeNotFound: RequestHandler = (request) => {
  throw new AppError('not_found', `There is no ${request.method} ${request.path}`);
};

export function problemHandler(logger: Logger): ErrorRequestHandler {
  // Express tells error handlers from others by their four parameters.
  return (error: unknown, _request, response, next) => {
    const known = toAppError(error);
    if (known.status >= 500) logger.error(known.message, { error: known.details.cause ?? known });
    if (response.headersSent) return next(error);
    sendProblem(response, known);
  };
}

/** Any error as one of the vocabulary: what the database and the body parser say, and what nobody foresaw. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isTransientDatabaseError(error)) {
    return new AppError('unavailable', 'The database is away or busy; try again', {
      retryAfterMs: 1000,
      cause: error,
    });
  }
  return (
    fromBodyParser(error) ??
    new AppError('internal', 'This request failed; the log has the reason under its request id', {
      cause: error,
    })
  );
}

const BODY_ERRORS: Record<string, { code: ErrorCode; message: string }> = {
  'entity.parse.failed': { code: 'invalid_input', message: 'The body is not valid JSON' },
  'charset.unsupported': { code: 'unsupported_media_type', message: 'The body must be JSON in UTF-8' },
  'request.aborted': { code: 'invalid_input', message: 'The request ended before its body did' },
  'request.size.invalid': {
    code: 'invalid_input',
    message: 'The body is not as long as Content-Length says',
  },
};

function tooLarge(limitKb: number, cause: unknown): AppError {
  const advice = 'events in any number go to POST /api/events as application/x-ndjson, one a line';
  return new AppError('body_too_large', `The body is larger than ${limitKb} KB; ${advice}`, { cause });
}

/** What Express and its body parser refuse carries a `type` and a 4xx status. */
function fromBodyParser(error: unknown): AppError | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('type' in error && error.type === 'entity.too.large') {
    const limit = 'limit' in error && typeof error.limit === 'number' ? Math.round(error.limit / 1024) : 0;
    return tooLarge(limit, error);
  }
  const known = 'type' in error && typeof error.type === 'string' ? BODY_ERRORS[error.type] : undefined;
  if (known) return new AppError(known.code, known.message, { cause: error });
  const refused =
    'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;
  return refused ? new AppError('invalid_input', 'The request cannot be read', { cause: error }) : undefined;
}
