import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../platform/answer.js';
import { Exchange } from './exchange.js';
import { readBody } from '../platform/http.js';
import { increment } from '../platform/increment.js';
import { effectiveScopes, type AccessToken, type TokenCheck } from '../oauth/install.js';
import type { World } from '../world.js';
import {
  bodyTooLarge,
  credentialsInvalid,
  credentialsMissing,
  htmlPage,
  limitReached,
  methodNotAllowed,
  missingScopes,
  nothingHere,
  tokenExpired,
  validationError,
} from './errors.js';
import { exceededLimit, limitHeaders } from './limits.js';
import type { Route } from './request.js';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** What is longer does not reach HubSpot (docs/hubspot.md#records-and-properties). */
const MAX_ADDRESS_LENGTH = 16_000;
const VERSION = /\/(20\d\d-\d\d|v\d)(?:\/|$)/;

/** Serves one request to the API: arrival, token, limit, fault, scope, handler, answer, in this order. */
export async function serveApi(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const method = request.method ?? 'GET';
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const atMs = world.clock.now();
  const check = world.oauth.installs.check(request.headers.authorization);
  const token = 'token' in check ? check.token : undefined;
  const portal = token?.install.portal;
  const completion = { atMs, lost: false };
  const exchange = new Exchange(world, request, response, {
    arrival: {
      atMs,
      portalId: portal?.portalId ?? null,
      method,
      path,
      bodyHash: body && body.length > 0 ? hash('sha256', body, 'buffer') : undefined,
    },
    decided: (status) => portal && increment(portal.callsByStatus, status),
    closed: (delivered) => {
      if (!delivered) completion.lost = true;
    },
  });

  if ((request.url ?? '').length > MAX_ADDRESS_LENGTH) return exchange.finish(htmlPage(414));
  if (check.kind !== 'valid' || !token || !portal) return exchange.finish(refuseToken(world, check));
  const found = findRoute(world.routes, method, path);
  const call = { portal, kind: token.install.kind, route: found.route, atMs, epochMs: world.clock.epochMs() };
  const exceeded = exceededLimit(call, world.settings.dailyLimit);
  const headers = limitHeaders(call, world.settings.dailyLimit);
  if (exceeded) {
    const answer = limitReached(exceeded, world.app.appId, portal.portalId);
    return exchange.finish({ ...answer, headers: { ...answer.headers, ...headers } });
  }
  const asked = { method, path, query: new URLSearchParams(request.url?.split('?', 2)[1]), body };
  return exchange.serve(found.route?.target, () => handle(found, token, asked, completion, call.epochMs), {
    headers,
    onLost: () => (completion.lost = true),
  });
}

interface Found {
  route?: Route;
  params: readonly string[];
  /** The methods that the path has, when it does not have this one. */
  allow?: string;
}

function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const allowed: string[] = [];
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    if (route.method === method) return { route, params: match.slice(1).map(decode) };
    allowed.push(route.method);
  }
  return allowed.length === 0 ? { params: [] } : { params: [], allow: allowed.join(', ') };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not an escape sequence: the text is taken as it is.
    return text;
  }
}

function refuseToken(world: World, check: TokenCheck): Answer {
  if (check.kind === 'missing') return credentialsMissing();
  if (check.kind === 'valid') return credentialsInvalid();
  world.oauth.tally.noteDead(check.kind, 'token' in check ? check.token.install.portal.portalId : undefined);
  if (check.kind === 'expired') return tokenExpired(check.agoMs, check.token.expiresAtEpochMs);
  return credentialsInvalid();
}

interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Buffer | undefined;
}

function handle(
  found: Found,
  token: AccessToken,
  { method, path, query, body }: Asked,
  completion: { atMs: number; lost: boolean },
  epochMs: number,
): Answer {
  if (!found.route) return found.allow ? methodNotAllowed(found.allow) : nothingHere(method, path);
  const required = found.route.scopes(found.params);
  const granted = effectiveScopes(token);
  if (!required.some((scope) => granted.includes(scope))) return missingScopes(required);
  if (body === undefined) return bodyTooLarge();
  const text = body.toString('utf8');
  let parsed: unknown;
  try {
    parsed = text.length > 0 ? JSON.parse(text) : undefined;
  } catch {
    return validationError('Invalid input JSON: the body cannot be parsed.');
  }
  return found.route.handle({
    portal: token.install.portal,
    token,
    params: found.params,
    query,
    version: VERSION.exec(path)?.[1] ?? '',
    body: parsed,
    length: text.length,
    epochMs,
    completion,
  });
}
