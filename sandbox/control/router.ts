import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { json, type Answer } from '../platform/answer.js';
import { readBody } from '../platform/http.js';
import type { World } from '../world.js';
import { ControlError } from './controlError.js';

const PREFIX = '/_sandbox';
const MAX_BODY_BYTES = 1024 * 1024;

export interface Call {
  world: World;
  params: string[];
  query: Record<string, string>;
  body: unknown;
}

export interface ControlRoute {
  method: string;
  path: string;
  pattern: RegExp;
  handle(call: Call, lines: AsyncIterable<string>): Answer | Promise<Answer>;
  /** The body is read line by line, as long as it may be. */
  isStream?: boolean;
}

/** Serves the paths under `/_sandbox`. */
export function createControlRouter(routes: readonly ControlRoute[], world: () => World) {
  return async function control(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const path = url.pathname.slice(PREFIX.length) || '/';
    try {
      const fitting = routes.filter((candidate) => candidate.pattern.test(path));
      const chosen = fitting.find((candidate) => candidate.method === method);
      if (!chosen) throw noSuchRoute(routes, fitting, method, url.pathname);
      const params = (chosen.pattern.exec(path) ?? []).slice(1).map((part) => decodeURIComponent(part));
      const hasBody = method !== 'GET' && !chosen.isStream;
      const body = hasBody ? parseBody(await readBody(request, MAX_BODY_BYTES)) : undefined;
      const query = Object.fromEntries(url.searchParams);
      const lines = chosen.isStream
        ? createInterface({ input: request, crlfDelay: Infinity })
        : Readable.from([]);
      return await chosen.handle({ world: world(), params, query, body }, lines);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return json(error.status, { error: error.message, ...error.details });
    }
  };
}

export function route(method: string, path: string, handle: ControlRoute['handle']): ControlRoute {
  const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`);
  return { method, path: PREFIX + path, pattern, handle };
}

/** A route whose body is read line by line. */
export function streamRoute(method: string, path: string, handle: ControlRoute['handle']): ControlRoute {
  return { ...route(method, path, handle), isStream: true };
}

function noSuchRoute(
  routes: readonly ControlRoute[],
  fitting: readonly ControlRoute[],
  method: string,
  path: string,
): ControlError {
  if (fitting.length > 0) {
    return new ControlError(405, `${path} does not know ${method}`, {
      methods: fitting.map((r) => r.method),
    });
  }
  const known = routes.map((candidate) => `${candidate.method} ${candidate.path}`);
  return new ControlError(404, `There is nothing at ${path}`, { routes: known });
}

function parseBody(body: Buffer | undefined): unknown {
  if (body === undefined) throw new ControlError(413, 'The body is larger than 1 MiB');
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ControlError(
      400,
      `The body is no JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`,
    );
  }
}
