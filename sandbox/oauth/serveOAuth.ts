import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../platform/answer.js';
import { Exchange } from '../hubspot/exchange.js';
import { readBody } from '../platform/http.js';
import {
  bodyTooLarge,
  methodNotAllowed,
  nothingHere,
  validationError,
  wrongMediaType,
} from '../hubspot/errors.js';
import type { Portal } from '../portals/portal.js';
import type { World } from '../world.js';
import { decide, problemOfPortal, readAuthorizeRequest } from './authorize.js';
import { grantToken, type Dialect, type OAuthDeps } from './grants.js';
import { deleteRefreshToken, introspect, readAccessToken, readRefreshToken, revoke } from './lookups.js';
import { marketplacePage } from './marketplace.js';
import { authorizePage, problemPage } from './authorizePage.js';

const MAX_BODY_BYTES = 64 * 1024;
const FORM = 'application/x-www-form-urlencoded';
const DATED = '(?:2026-03|2026-09|v3)';

interface Input {
  form: URLSearchParams;
  query: URLSearchParams;
  params: readonly string[];
  host: string;
  nowMs: number;
}

interface Endpoint {
  name: string;
  method: 'GET' | 'POST' | 'DELETE';
  path: RegExp;
  dialect: Dialect | 'page';
  handle(oauth: OAuthDeps, input: Input, world: World): Answer;
}

const at = (
  name: string,
  method: Endpoint['method'],
  path: string,
  dialect: Endpoint['dialect'],
  handle: Endpoint['handle'],
): Endpoint => ({ name, method, path: new RegExp(`^/oauth/${path}$`), dialect, handle });

const ENDPOINTS: readonly Endpoint[] = [
  at('authorize', 'GET', '(?:\\d+/)?authorize', 'page', (oauth, { query }, world) => {
    const read = readAuthorizeRequest(oauth.app, query);
    if (!read.ok) return problemPage(read.problem);
    const isInstalled = (portal: Portal) => oauth.installs.of(portal).length > 0;
    return authorizePage(oauth.app, read.request, query.toString(), world.portals.all(), isInstalled);
  }),
  at('authorize', 'POST', 'authorize', 'page', (oauth, { query, form }, world) => {
    const read = readAuthorizeRequest(oauth.app, query);
    if (!read.ok) return problemPage(read.problem);
    const portal = world.portals.get(Number(form.get('portalId')));
    if (!portal) return problemPage('There is no such account.');
    const deny = form.get('decision') !== 'allow';
    const problem = deny ? undefined : problemOfPortal(read.request, portal);
    if (problem) return problemPage(problem);
    const location = decide(oauth.codes, read.request, { portal, deny });
    return { status: 303, headers: { location, 'referrer-policy': 'no-referrer' }, body: '' };
  }),
  at('marketplace', 'GET', 'marketplace/(\\d+)', 'page', (oauth, { query, params, host }, world) => {
    const portal = world.portals.get(Number(params[0]));
    if (!portal) return problemPage('There is no such account.');
    return marketplacePage(oauth, portal, query, `http://${host}/oauth/marketplace/${portal.portalId}`);
  }),
  at('token', 'POST', `${DATED}/token`, 'dated', (oauth, { form }) => grantToken(oauth, form, 'dated')),
  at('introspect', 'POST', `${DATED}/token/introspect`, 'dated', introspect),
  at('revoke', 'POST', `${DATED}/token/revoke`, 'dated', revoke),
  at('v1 token', 'POST', 'v1/token', 'v1', (oauth, { form }) => grantToken(oauth, form, 'v1')),
  at('v1 access-tokens', 'GET', 'v1/access-tokens/([^/]+)', 'v1', readAccessToken),
  at('v1 refresh-tokens', 'GET', 'v1/refresh-tokens/([^/]+)', 'v1', readRefreshToken),
  at('v1 refresh-tokens', 'DELETE', 'v1/refresh-tokens/([^/]+)', 'v1', deleteRefreshToken),
];

/** Serves all paths under `/oauth`: the authorize page, and the endpoints that an app calls with its secret. */
export async function serveOAuth(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { oauth } = world;
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const body = await readBody(request, MAX_BODY_BYTES);
  const method = request.method ?? 'GET';
  const isForm = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === FORM;
  const form = new URLSearchParams(isForm ? body?.toString('utf8') : '');
  const fitting = ENDPOINTS.filter(({ path }) => path.test(url.pathname));
  const endpoint = fitting.find((candidate) => candidate.method === method);
  const grant = endpoint?.name.endsWith('token') ? (form.get('grant_type') ?? 'none') : undefined;
  const portalId = portalOf(oauth, form);
  const call = grant === undefined ? undefined : { grant, portalId };
  if (endpoint) oauth.tally.noteEndpoint(`${endpoint.method} ${endpoint.name}`);
  if (call) oauth.tally.begin(call);

  let outcome = 'none';
  const exchange = new Exchange(world, request, response, {
    arrival: {
      atMs: world.clock.now(),
      portalId: portalId ?? null,
      method,
      path: url.pathname.replace(/-tokens\/.*/, '-tokens/…'), // tokens are secret
      bodyHash: body && body.length > 0 ? hash('sha256', body, 'buffer') : undefined,
    },
    decided: (status, answer) => (outcome = refusalIn(answer) ?? String(status)),
    closed: (delivered) => {
      if (call) oauth.tally.end(call, outcome, delivered);
    },
  });

  const isSwitchedOff = endpoint?.dialect === 'v1' && !world.settings.oauthV1Enabled;
  if (!endpoint || isSwitchedOff) {
    const allow = fitting.map((candidate) => candidate.method).join(', ');
    return exchange.finish(
      allow === '' || isSwitchedOff ? nothingHere(method, url.pathname) : methodNotAllowed(allow),
    );
  }
  if (body === undefined) return exchange.finish(bodyTooLarge());
  const isPage = endpoint.dialect === 'page';
  if (method === 'POST' && !isForm) return exchange.finish(wrongMediaType(FORM));
  if (!isPage && [...url.searchParams.keys()].length > 0) {
    // v3 and later take no parameters from the query, because queries are logged.
    if (endpoint.dialect === 'dated') {
      return exchange.finish(
        validationError('Parameters belong into the body of the request, not into its query.'),
      );
    }
    for (const [name, value] of url.searchParams) if (!form.has(name)) form.set(name, value);
  }
  const params = (endpoint.path.exec(url.pathname) ?? [])
    .slice(1)
    .map((part) => decodeURIComponent(part ?? ''));
  const host = request.headers.host ?? '';
  const perform = () =>
    endpoint.handle(oauth, { form, query: url.searchParams, params, host, nowMs: world.clock.now() }, world);
  return isPage ? exchange.finish(perform()) : exchange.serve('oauth', perform);
}

/** The portal whose token or code the request has, if it has one. */
function portalOf(oauth: OAuthDeps, form: URLSearchParams): number | undefined {
  const token = form.get('refresh_token') ?? form.get('token') ?? '';
  const install = (oauth.installs.findRefresh(token) ?? oauth.installs.findAccess(token))?.install;
  return (install?.portal ?? oauth.codes.portalOf(form.get('code') ?? ''))?.portalId;
}

function refusalIn(answer: Answer | undefined): string | undefined {
  return answer?.status === 400 ? /"status":"(BAD_\w+)"/.exec(answer.body)?.[1] : undefined;
}
