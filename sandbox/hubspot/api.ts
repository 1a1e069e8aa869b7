import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../answer.js';
import { Exchange } from '../exchange.js';
import { readBody } from '../http.js';
import { increment } from '../lanes.js';
import { effectiveScopes, type AccessToken, type TokenCheck } from '../oauth/installs.js';
import type { Portal } from '../portals.js';
import type { World } from '../world.js';
import {
  bodyTooLarge,
  credentialsInvalid,
  credentialsMissing,
  methodNotAllowed,
  missingScopes,
  nothingHere,
  tenSecondlyLimitReached,
  tokenExpired,
  validationError,
} from './errors.js';
import type { Route } from './routes.js';

const LARGEST_BODY = 10 * 1024 * 1024;

/** One request to the simulated HubSpot: arrival → token → limit → fault → scope → handler → answer. */
export async function serveApi(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, LARGEST_BODY);
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

  if (check.kind !== 'valid' || !token || !portal) return exchange.finish(refuseToken(world, check));
  const found = findRoute(world.routes, method, path);
  const isAdmitted = admit(portal, atMs, found.route);
  const headers = limitHeaders(portal, atMs);
  if (!isAdmitted) {
    const answer = tenSecondlyLimitReached(world.app.appId, portal.portalId);
    return exchange.finish({ ...answer, headers: { ...answer.headers, ...headers } });
  }
  return exchange.serve(found.route?.target, () => handle(found, token, body, completion, method, path), {
    headers,
    onLost: () => (completion.lost = true),
  });
}

interface Found {
  route?: Route;
  params: readonly string[];
  /** The path exists, for these methods. */
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
    // Not an escape sequence: then it is meant as it stands.
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

/** Everything with a valid token counts against the portal's limit. */
function admit(portal: Portal, atMs: number, route: Route | undefined): boolean {
  portal.calls.push(atMs);
  if (route?.target === 'callbacks') portal.callbackCalls.push(atMs);
  if (portal.limiter.admit(atMs)) return true;
  portal.rejected429 += 1;
  return false;
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
  token: AccessToken,
  body: Buffer | undefined,
  completion: { atMs: number; lost: boolean },
  method: string,
  path: string,
): Answer {
  if (!found.route) return found.allow ? methodNotAllowed(found.allow) : nothingHere(method, path);
  const required = found.route.scopes(found.params);
  const granted = effectiveScopes(token);
  if (!required.some((scope) => granted.includes(scope))) return missingScopes(required);
  if (body === undefined) return bodyTooLarge();
  let parsed: unknown;
  try {
    parsed = body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
  } catch {
    return validationError('Invalid input JSON: the body cannot be parsed.');
  }
  const { portal } = token.install;
  return found.route.handle({ portal, token, params: found.params, body: parsed, completion });
}
