import { randomUUID } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { AppError } from '../../platform/errors.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { AnswerCheck } from './answerCheck.js';
import { AnsweredBefore } from './answerOnce.js';
import { callerOf } from './auditRequest.js';
import { requireScope } from './authenticate.js';
import { readBody } from './body.js';
import { invalidInput, notFound, parseInput } from './input.js';
import type { Caller, Operation, OperationDescription, RequestOnce } from './operation.js';
import { answeredBefore, idempotencyKeyOf, requestOnce, sendAgain } from './requestOnce.js';

const NOTHING = z.strictObject({});

/** What the adapter needs, whatever room it serves. */
export interface RouterCore {
  readonly answerCheck: AnswerCheck;
  readonly pool: Pool;
  readonly sealing: Sealing;
}

/**
 * The routes of operations, whose paths begin with `/api` and `mount`, or with `mount` alone where they are those of an
 * old service. The key's scope is looked at first, then the
 * body is read, then all input is parsed: what is wrong with it is answered at once.
 */
export function operationsRouter<Deps>(
  mount: string,
  operations: readonly Operation<Deps>[],
  deps: Deps,
  core: RouterCore,
): Router {
  const router = Router();
  const { answerCheck: check } = core;
  for (const operation of operations)
    router[operation.method](
      routeOf(operation, mount),
      admits(operation as Operation),
      async (request: Request, response: Response) => {
        const caller = { ...callerOf(request), gone: () => goneOf(response) };
        const once =
          operation.idempotent && (await requestOnce(core, operation, request, caller.workspaceId));
        const before = once && (await answeredBefore(core, once));
        if (before) return sendAgain(core, response, before);
        const input = {
          params: paramsOf(operation, request),
          query: parseInput(operation.input.query ?? NOTHING, request.query),
          headers: operation.input.headers && parseInput(operation.input.headers, request.headers),
          body: operation.input.body && (await bodyOf(operation, deps, caller, request)),
        };
        let answer;
        try {
          const asks = once ? { ...caller, once } : caller;
          const onceAnyway = () => onceUnderOurKey(core, operation, request, response);
          answer = await operation.run(
            deps,
            operation.idempotent ? { ...asks, onceAnyway } : asks,
            input as never,
          );
        } catch (error) {
          if (error instanceof AnsweredBefore) return sendAgain(core, response, error);
          throw error;
        }
        const { status, headers = {}, body } = answer;
        const text = body === undefined ? undefined : stringifyExactJson(body);
        check(operation, { status, headers, text });
        response.status(status).set(headers);
        if (text === undefined) return void response.end();
        const { mediaType } = operation.answers[status] ?? {};
        if (mediaType !== undefined) return void response.type(mediaType).send(text);
        // As `send` does it, which looks at what it is given first: most of what the API answers goes this way.
        response.setHeader('Content-Type', 'application/json; charset=utf-8');
        response.setHeader('Content-Length', Buffer.byteLength(text));
        response.end(text);
      },
    );
  return router;
}

/** Aborted when the connection has ended before the answer. */
function goneOf(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
}

/** The body by its schema; what else is wrong with one that this refuses is answered with it. */
async function bodyOf<Deps>(
  operation: Operation<Deps>,
  deps: Deps,
  caller: Caller,
  { query, body }: Request,
): Promise<unknown> {
  try {
    return parseInput(operation.input.body ?? NOTHING, body);
  } catch (error) {
    if (!operation.alsoWrong || !(error instanceof AppError)) throw error;
    const { fields = [], omittedFields } = error.details;
    const also = await operation.alsoWrong(deps, caller, { query, body: body as unknown });
    throw also.length > 0 ? invalidInput([...fields, ...also], omittedFields) : error;
  }
}

/** The request under the key that it came with; else under one of ours, which the answer names. */
async function onceUnderOurKey(
  core: RouterCore,
  operation: OperationDescription,
  request: Request,
  response: Response,
): Promise<RequestOnce> {
  if (idempotencyKeyOf(request) === undefined) {
    const key = randomUUID();
    request.headers['idempotency-key'] = key;
    response.set('Idempotency-Key', key);
  }
  const once = await requestOnce(core, operation, request, callerOf(request).workspaceId);
  if (!once) throw new Error('The request has a key by now');
  return once;
}

function admits(operation: Operation): RequestHandler {
  const { scopes } = operation;
  if (scopes !== 'every' && scopes !== 'none') return requireScope(...scopes);
  return (request, response, next) => {
    operation.admits?.(callerOf(request), paramsOf(operation, request) as never);
    void readBody(request, response, next);
  };
}

/** The path below the mount, as Express writes it. */
export function routeOf({ path }: OperationDescription, mount: string): string {
  const prefix = path.startsWith('/api/') ? `/api${mount}` : mount;
  if (path !== prefix && !path.startsWith(`${prefix}/`))
    throw new TypeError(`The path ${path} is not below ${prefix}`);
  return path.slice(prefix.length).replace(/\{(\w+)\}/g, ':$1') || '/';
}

function paramsOf({ input, resource = 'resource' }: OperationDescription, request: Request): unknown {
  if (!input.params) return undefined;
  const parsed = input.params.safeParse(request.params);
  if (!parsed.success) throw notFound(resource);
  return parsed.data;
}
