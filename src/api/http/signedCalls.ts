import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseClock } from '../../db/clock.js';
import {
  judgeHeaders,
  verifySignature,
  type SignatureHeaders,
  type SignatureReason,
  type SignatureVerdict,
} from '../../hubspot/incoming/signature.js';
import { createCache } from '../../platform/cache.js';
import type { Config } from '../../platform/config/config.js';
import { heapShare } from '../../platform/heapShare.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { SignedAnswer, SignedRoute } from '../room.js';
import { createBodiesInFlight, type GivenUp } from './bodiesInFlight.js';
import { addressReader } from './clientAddress.js';
import { findSignedRouteOf } from './findSignedRoute.js';

interface Dependencies {
  readonly config: Pick<Config, 'PUBLIC_URL_FORMS' | 'HUBSPOT_CLIENT_SECRET' | 'TRUSTED_PROXIES'>;
  readonly routes: readonly SignedRoute[];
  readonly clock: Pick<DatabaseClock, 'nowMs' | 'measure'>;
  readonly logger: Logger;
}

/** Answers the request when it is one of HubSpot's calls. False: it is none, and nothing was done. */
export type SignedCalls = (request: IncomingMessage, response: ServerResponse) => boolean;

/** All of HubSpot's calls that are being dealt with: many thousands of them, or some dozens of the largest. */
const MAX_BYTES_IN_FLIGHT = Math.min(64 * 1024 * 1024, heapShare(1 / 16));
const DEADLINE_MS = 10_000;
const MINUTE_MS = 60_000;
/** Calls of one address whose signature is wrong, in a minute; beyond, their bodies are not read. */
const REFUSED_PER_MINUTE = 120;
/** One of so many is looked at all the same: HubSpot may come through the same proxy. */
const LOOKED_AT_OF = 10;
const MAX_ADDRESSES = 10_000;
/** An address from which a right call came is not held back for the wrong ones: a proxy may send both. */
const TRUSTED_TTL_MS = 3_600_000;
const RETRY_AFTER_MS = 5000;

/**
 * What stands in front of every route that HubSpot calls. What a stranger may cost is bounded before it is known that
 * it is one: headers are judged before any of the body is read, bodies have a ceiling and a deadline, wrong signatures
 * a limit by address, lines of the log a minute each. Doubt is answered 503 or 429: 4xx would mean "ended" (law 9).
 */
export function createSignedCalls(deps: Dependencies): SignedCalls {
  const { config, clock, logger } = deps;
  const findRoute = findSignedRouteOf(deps.routes);
  const addressOf = addressReader(config.TRUSTED_PROXIES);
  const bodies = createBodiesInFlight({ maxBytes: MAX_BYTES_IN_FLIGHT, deadlineMs: DEADLINE_MS });
  const refused = createCache<string, { times: number; readonly untilMs: number }>({
    ...{ max: MAX_ADDRESSES, ttlMs: MINUTE_MS },
  });
  const trusted = createCache<string, true>({ max: MAX_ADDRESSES, ttlMs: TRUSTED_TTL_MS });
  const seldom = createSeldom();
  let origins = config.PUBLIC_URL_FORMS;

  async function answer(
    route: SignedRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<SignedAnswer> {
    const address = addressOf(request);
    const headers = signatureHeaders(request);
    const early = judgeHeaders(headers, clock.nowMs(), route.signatures);
    if (early !== undefined) return refuse(route, address, early);
    const held = heldBack(address);
    if (held !== undefined) return tooMany(held);
    if (Number(request.headers['content-length'] ?? 0) > route.maxBytes) return tooLarge(route);

    const body = await read(request, response, route, address);
    if (!Buffer.isBuffer(body)) return body;

    let verdict = verify(route, request, headers, body);
    if (!verdict.ok && verdict.reason === 'stale') {
      // Before anything is believed to be late: the clock of this machine may have stood still since it was compared.
      await readClock();
      verdict = verify(route, request, headers, body);
    }
    if (!verdict.ok) return refuse(route, address, verdict.reason);
    trusted.set(address, true);
    return route.answer({ body, url: request.url ?? '', version: verdict.version });
  }

  /** The raw bytes, or the answer where they are too many, too late or more than there is room for. */
  function read(
    request: IncomingMessage,
    response: ServerResponse,
    route: SignedRoute,
    address: string,
  ): Promise<Buffer | SignedAnswer> {
    return new Promise((resolve, reject) => {
      const watched = bodies.watch(request, address, (why) => resolve(givenUp(why)));
      response.once('close', () => watched.done());
      const chunks: Buffer[] = [];
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= route.maxBytes) return void chunks.push(chunk);
        chunks.length = 0;
        resolve(tooLarge(route)); // the rest is not read then
      });
      request.on('end', () => {
        const [first] = chunks;
        resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks));
      });
      request.on('error', reject);
      request.on('aborted', () => reject(new Error('The caller went away')));
    });
  }

  /** For how long calls of the address are held back; undefined when this one is looked at. */
  function heldBack(address: string): number | undefined {
    const limit = refused.get(address);
    if (!limit || limit.times < REFUSED_PER_MINUTE || trusted.get(address)) return undefined;
    limit.times += 1;
    return limit.times % LOOKED_AT_OF === 0 ? undefined : limit.untilMs - performance.now();
  }

  /** Under each form of our own address, the last one that was right first. */
  function verify(
    { signatures }: SignedRoute,
    request: IncomingMessage,
    headers: SignatureHeaders,
    rawBody: Buffer,
  ): SignatureVerdict {
    let verdict: SignatureVerdict = { ok: false, reason: 'mismatch' };
    for (const origin of origins) {
      verdict = verifySignature({
        ...{ method: request.method ?? '', uri: origin + (request.url ?? ''), rawBody, headers },
        ...{ secrets: config.HUBSPOT_CLIENT_SECRET, nowMs: clock.nowMs(), takes: signatures },
      });
      if (!verdict.ok && verdict.reason === 'mismatch') continue;
      if (origins[0] !== origin) origins = [origin, ...origins.filter((one) => one !== origin)];
      break;
    }
    return verdict;
  }

  async function readClock(): Promise<void> {
    try {
      await clock.measure();
    } catch (error) {
      const said = seldom('clock');
      if (said)
        logger.warn("The database's clock cannot be read; its last reading counts", { error, ...said });
    }
  }

  function refuse(route: SignedRoute, address: string, reason: SignatureReason): SignedAnswer {
    const said = seldom(`${route.path} ${reason}`);
    const result = `signature_${reason}`;
    if (reason === 'stale') {
      const message = 'The time of a call is more than five minutes away: look at the clocks of this machine';
      if (said) logger.error(`${message} and the database's`, { path: route.path, ...said });
      return { result, status: 503, body: { message: 'Not now: call again' }, retryAfterMs: RETRY_AFTER_MS };
    }
    const now = performance.now();
    const counted = refused.get(address) ?? { times: 0, untilMs: now + MINUTE_MS };
    counted.times += 1;
    if (counted.times === 1) refused.set(address, counted);
    if (said)
      logger.warn('A call was refused: its signature is not right', { reason, path: route.path, ...said });
    const message = `The signature is ${reason}: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL`;
    return { result, status: 401, body: { message } };
  }

  async function respond(route: SignedRoute, request: IncomingMessage, response: ServerResponse) {
    const startedAt = performance.now();
    let answered: SignedAnswer;
    try {
      answered = await answer(route, request, response);
    } catch (error) {
      if (request.destroyed && !request.complete) return; // whoever called has gone away
      if (seldom(`${route.path} failed`))
        logger.error('A call of HubSpot failed; it will come again', { path: route.path, error });
      const body = { message: 'Not taken; call again' };
      answered = { result: 'unavailable', status: 503, body, retryAfterMs: RETRY_AFTER_MS };
    }
    route.answered(answered.result, (performance.now() - startedAt) / 1000);
    write(response, route, answered, request.complete);
  }

  return (request, response) => {
    const route = findRoute(request.method, request.url);
    if (route) void respond(route, request, response);
    return route !== undefined;
  };
}

function tooMany(retryAfterMs: number): SignedAnswer {
  const body = { message: 'Too many calls from this address had a wrong signature' };
  return { result: 'refused_address', status: 429, body, retryAfterMs: Math.max(1000, retryAfterMs) };
}

function tooLarge({ maxBytes }: SignedRoute): SignedAnswer {
  return { result: 'too_large', status: 413, body: { message: `The body is larger than ${maxBytes} bytes` } };
}

function givenUp(why: GivenUp): SignedAnswer {
  const message = why === 'late' ? 'The body did not arrive in time' : 'More is coming in than can be taken';
  return {
    ...{ result: why === 'late' ? 'body_late' : 'unavailable', status: 503 },
    ...{ body: { message: `${message}; call again` }, retryAfterMs: RETRY_AFTER_MS },
  };
}

function write(
  response: ServerResponse,
  { retryAfterUnit }: SignedRoute,
  { status, body, retryAfterMs }: SignedAnswer,
  bodyWasRead: boolean,
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const unitMs = retryAfterUnit === 'seconds' ? 1000 : 1;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / unitMs)) }),
    ...(!bodyWasRead && { connection: 'close' }), // what is not read yet will not be
  });
  response.end(text);
}

function signatureHeaders({ headers }: IncomingMessage): SignatureHeaders {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    signature: one('x-hubspot-signature'),
    signatureVersion: one('x-hubspot-signature-version'),
    signatureV3: one('x-hubspot-signature-v3'),
    timestamp: one('x-hubspot-request-timestamp'),
  };
}
