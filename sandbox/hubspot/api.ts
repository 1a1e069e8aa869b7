import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../answer.js';
import { readBody, send } from '../http.js';
import { increment } from '../lanes.js';
import type { Portal } from '../portals.js';
import type { World } from '../world.js';
import {
  bodyTooLarge,
  credentialsInvalid,
  credentialsMissing,
  htmlPage,
  methodNotAllowed,
  nothingHere,
  orderedFailure,
  tenSecondlyLimitReached,
  tokenExpired,
  validationError,
} from './errors.js';
import type { Route } from './routes.js';

const LARGEST_BODY = 10 * 1024 * 1024;

/** One request to the simulated HubSpot: arrival → token → limit → fault → handler → answer, recorded at both ends. */
export async function serveApi(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, LARGEST_BODY);
  const method = request.method ?? 'GET';
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const atMs = world.clock.now();
  const token = world.tokens.check(request.headers.authorization);
  const portal = token.kind === 'valid' || token.kind === 'expired' ? token.portal : undefined;
  const bodyHash = body && body.length > 0 ? hash('sha256', body, 'buffer') : undefined;
  const n = world.recorder.begin({ atMs, portalId: portal?.portalId ?? null, method, path, bodyHash });

  const completion = { atMs, lost: false };
  let status = 0;
  response.once('close', () => {
    const delivered = response.writableFinished;
    if (!delivered) completion.lost = true;
    world.recorder.end(n, status, delivered, world.clock.now());
    if (portal && status === 0) increment(portal.callsByStatus, 0);
  });
  const decide = (answer: Answer) => {
    ({ status } = answer);
    if (portal) increment(portal.callsByStatus, status);
  };
  const finish = (answer: Answer) => {
    decide(answer);
    send(response, answer);
  };

  const found = findRoute(world.routes, method, path);
  const refused = admit(world, token, portal, atMs, found.route);
  if (refused) return finish(refused);
  const headers = portal ? limitHeaders(portal, atMs) : {};
  const answerWith = (answer: Answer) => finish({ ...answer, headers: { ...headers, ...answer.headers } });

  const misfortune = world.faults.strike(found.route?.target, portal?.portalId);
  if (misfortune.latencyMs > 0) await world.later(misfortune.latencyMs);
  const { kind } = misfortune;
  if (kind === 'noAnswer') return;
  if (kind === 'reset') return void request.socket.resetAndDestroy();
  if (kind === 'status')
    return answerWith(orderedFailure(misfortune.status ?? 500, world.app.appId, portal?.portalId));
  if (kind === 'html') return answerWith(htmlPage(misfortune.status ?? 502));

  const answer = handle(found, portal, body, completion, method, path);
  if (kind === 'answerLost') {
    completion.lost = true;
    decide(answer);
    return void request.socket.destroy();
  }
  answerWith(kind === 'truncated' ? truncated(answer) : answer);
}

interface Found {
  route?: Route;
  params: readonly string[];
  /** The path exists, for this method. */
  allow?: string;
}

function findRoute(routes: readonly Route[], method: string, path: string): Found {
  let allow: string | undefined;
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    if (route.method === method) return { route, params: match.slice(1).map(decode) };
    allow = route.method;
  }
  return allow === undefined ? { params: [] } : { params: [], allow };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not an escape sequence: then it is meant as it stands.
    return text;
  }
}

/** Undefined when the request may go on. Everything with a valid token counts against the portal's limit. */
function admit(
  world: World,
  token: ReturnType<World['tokens']['check']>,
  portal: Portal | undefined,
  atMs: number,
  route: Route | undefined,
): Answer | undefined {
  if (token.kind === 'missing') return credentialsMissing();
  if (token.kind === 'expired') return tokenExpired(token.agoMs, token.expiredAtEpochMs);
  if (!portal) return credentialsInvalid();
  portal.calls.push(atMs);
  if (route?.target === 'callbacks') portal.callbackCalls.push(atMs);
  if (portal.limiter.admit(atMs)) return undefined;
  portal.rejected429 += 1;
  const answer = tenSecondlyLimitReached(world.app.appId, portal.portalId);
  return { ...answer, headers: { ...answer.headers, ...limitHeaders(portal, atMs) } };
}

function limitHeaders(portal: Portal, atMs: number): Record<string, string> {
  return {
    'X-HubSpot-RateLimit-Max': String(portal.limiter.limit),
    'X-HubSpot-RateLimit-Remaining': String(portal.limiter.remaining(atMs)),
    'X-HubSpot-RateLimit-Interval-Milliseconds': String(portal.limiter.windowMs),
  };
}

function handle(
  found: Found,
  portal: Portal | undefined,
  body: Buffer | undefined,
  completion: { atMs: number; lost: boolean },
  method: string,
  path: string,
): Answer {
  if (!found.route || !portal) return found.allow ? methodNotAllowed(found.allow) : nothingHere(method, path);
  if (body === undefined) return bodyTooLarge();
  let parsed: unknown;
  try {
    parsed = body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
  } catch {
    return validationError('Invalid input JSON: the body cannot be parsed.');
  }
  return found.route.handle({ portal, params: found.params, body: parsed, completion });
}

/** The framing is sound, the JSON stops half-way. An answer without a body gets one for the purpose. */
function truncated(answer: Answer): Answer {
  const whole = answer.body || '{"status":"COMPLETE","results":[],"startedAt":"2026-09-15T10:00:00.000Z"}';
  const status = answer.status === 204 ? 200 : answer.status;
  const headers = { 'content-type': 'application/json;charset=utf-8', ...answer.headers };
  return { status, headers, body: whole.slice(0, Math.ceil(whole.length / 2)) };
}
