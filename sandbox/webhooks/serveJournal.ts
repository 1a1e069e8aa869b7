import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from '../hubspot/exchange.js';
import {
  bodyTooLarge,
  credentialsInvalid,
  credentialsMissing,
  failure,
  limitReached,
  methodNotAllowed,
  missingScopes,
  nothingHere,
  tokenExpired,
  validationError,
} from '../hubspot/errors.js';
import type { AppTokenCheck } from '../oauth/appTokens.js';
import { json, noContent, type Answer } from '../platform/answer.js';
import { readBody, send } from '../platform/http.js';
import type { World } from '../world.js';
import type { Journal, JournalEntry } from './journal.js';
import { journalFilter, journalSubscription } from './journalSubscriptions.js';

const MAX_BODY_BYTES = 1024 * 1024;
const READ = 'developer.webhooks_journal.read';
const SUBSCRIPTIONS_READ = 'developer.webhooks_journal.subscriptions.read';
const SUBSCRIPTIONS_WRITE = 'developer.webhooks_journal.subscriptions.write';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

interface Asked {
  journal: Journal;
  params: readonly string[];
  portalId: number | undefined;
  body: unknown;
  host: string;
  world: World;
}

interface JournalRoute {
  name: string;
  method: string;
  path: RegExp;
  scope: string;
  handle(asked: Asked): Answer;
}

const JOURNAL = '/webhooks-journal/journal(?:-local)?/(?:2026-03|2026-09)';
const SUBSCRIPTIONS = '/webhooks-journal/subscriptions/(?:2026-03|2026-09)';
const at = (
  name: string,
  method: string,
  path: string,
  scope: string,
  handle: JournalRoute['handle'],
): JournalRoute => ({ name, method, path: new RegExp(`^${path}$`), scope, handle });

const ROUTES: readonly JournalRoute[] = [
  at('earliest', 'GET', `${JOURNAL}/earliest`, READ, (asked) => one(asked, asked.journal.earliest())),
  at('latest', 'GET', `${JOURNAL}/latest`, READ, (asked) => one(asked, asked.journal.latest())),
  at('next', 'GET', `${JOURNAL}/offset/([^/]+)/next`, READ, (asked) =>
    withOffset(asked, (offset) => {
      const entries = asked.journal.after(offset);
      return entries ? one(asked, entries) : offsetNotFound(offset);
    }),
  ),
  at('batch', 'GET', `${JOURNAL}/batch/(earliest|latest)/([^/]+)`, READ, (asked) =>
    withCount(asked, 1, (most) =>
      batch(asked, asked.params[0] === 'latest' ? asked.journal.latest(most) : asked.journal.earliest(most)),
    ),
  ),
  at('batch next', 'GET', `${JOURNAL}/batch/([^/]+)/next/([^/]+)`, READ, (asked) =>
    withCount(asked, 1, (most) =>
      withOffset(asked, (offset) => {
        const entries = asked.journal.after(offset, most);
        return entries ? batch(asked, entries) : offsetNotFound(offset);
      }),
    ),
  ),
  at('batch read', 'POST', `${JOURNAL}/batch/read`, READ, readBatch),
  at('list subscriptions', 'GET', SUBSCRIPTIONS, SUBSCRIPTIONS_READ, ({ journal: { subscriptions } }) =>
    json(200, { results: subscriptions.list().map((each) => subscriptions.show(each)) }),
  ),
  at('subscribe', 'POST', SUBSCRIPTIONS, SUBSCRIPTIONS_WRITE, subscribe),
  at('add filter', 'POST', `${SUBSCRIPTIONS}/filters`, SUBSCRIPTIONS_WRITE, addFilter),
  at('list filters', 'GET', `${SUBSCRIPTIONS}/filters/subscription/(\\d+)`, SUBSCRIPTIONS_READ, (asked) => {
    const found = asked.journal.subscriptions.find(Number(asked.params[0]));
    if (!found) return noSubscription(asked.params[0]);
    return json(
      200,
      [...found.filters].map(([id, { conditions, createdAtMs }]) => ({
        ...{ id, createdAt: createdAtMs, filter: { conditions } },
      })),
    );
  }),
  at('read filter', 'GET', `${SUBSCRIPTIONS}/filters/(\\d+)`, SUBSCRIPTIONS_READ, (asked) => {
    const found = asked.journal.subscriptions.filter(Number(asked.params[0]));
    if (!found) return failure(404, 'OBJECT_NOT_FOUND', `There is no filter ${asked.params[0]}`);
    const { conditions, createdAtMs } = found.filter;
    return json(200, { id: Number(asked.params[0]), createdAt: createdAtMs, filter: { conditions } });
  }),
  at('remove filter', 'DELETE', `${SUBSCRIPTIONS}/filters/(\\d+)`, SUBSCRIPTIONS_WRITE, (asked) => {
    const id = Number(asked.params[0]);
    asked.journal.subscriptions.filter(id)?.subscription.filters.delete(id);
    return noContent();
  }),
  at('unsubscribe portal', 'DELETE', `${SUBSCRIPTIONS}/portals/(\\d+)`, SUBSCRIPTIONS_WRITE, (asked) => {
    asked.journal.subscriptions.removeOf(Number(asked.params[0]));
    return noContent();
  }),
  at('read subscription', 'GET', `${SUBSCRIPTIONS}/(\\d+)`, SUBSCRIPTIONS_READ, (asked) => {
    const { subscriptions } = asked.journal;
    const found = subscriptions.find(Number(asked.params[0]));
    return found ? json(200, subscriptions.show(found)) : noSubscription(asked.params[0]);
  }),
  at('unsubscribe', 'DELETE', `${SUBSCRIPTIONS}/(\\d+)`, SUBSCRIPTIONS_WRITE, (asked) =>
    asked.journal.subscriptions.remove(Number(asked.params[0]))
      ? noContent()
      : noSubscription(asked.params[0]),
  ),
];

/** Serves the webhooks journal, which takes the app's own token and has a limit of its own. */
export async function serveJournal(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const arrival = {
    atMs: world.clock.now(),
    portalId: null,
    method,
    path: url.pathname,
    bodyHash: undefined,
  };
  const exchange = new Exchange(world, request, response, { arrival });
  const { journal } = world;
  const check = world.oauth.appTokens.check(request.headers.authorization);
  if (check.kind !== 'valid') return exchange.finish(refuseToken(check));
  const fitting = ROUTES.filter(({ path }) => path.test(url.pathname));
  const route = fitting.find((candidate) => candidate.method === method);
  journal.count(route?.name ?? 'unknown');
  journal.limiter.setLimit(world.settings.journalRequestsPerSecond);
  if (!journal.limiter.admit(arrival.atMs)) {
    journal.count('refused');
    return exchange.finish(limitReached('SECONDLY', world.app.appId, 0));
  }
  if (!route) {
    const allow = fitting.map((candidate) => candidate.method).join(', ');
    return exchange.finish(allow === '' ? nothingHere(method, url.pathname) : methodNotAllowed(allow));
  }
  if (!check.scopes.includes(route.scope)) return exchange.finish(missingScopes([route.scope]));
  if (body === undefined) return exchange.finish(bodyTooLarge());
  const asked = readAsked(world, route, url, body.toString('utf8'), request.headers.host ?? '');
  return exchange.serve('journal', () => ('refusal' in asked ? asked.refusal : route.handle(asked)));
}

/** Serves the file that a signed address leads to. It needs no token. */
export function serveJournalFile(world: World, request: IncomingMessage, response: ServerResponse): void {
  const { journal, settings } = world;
  journal.count('file');
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const entry = journal.file(url.searchParams.get('X-Amz-Signature') ?? '');
  const xml = { 'content-type': 'application/xml' };
  if (request.headers.authorization !== undefined)
    return send(response, { status: 400, headers: xml, body: '<Error><Code>InvalidArgument</Code></Error>' });
  if (!entry)
    return send(response, { status: 403, headers: xml, body: '<Error><Code>AccessDenied</Code></Error>' });
  if (settings.journalFiles === 'redirected')
    return send(response, { status: 307, headers: { location: `${url.pathname}?elsewhere` }, body: '' });
  const { offset, events, publishedAtMs } = entry;
  const file = { offset, journalEvents: events, publishedAt: new Date(publishedAtMs).toISOString() };
  const filling = settings.journalFiles === 'oversized' ? ' '.repeat(64 * 1024 * 1024) : '';
  const text = JSON.stringify(file) + filling;
  const whole = settings.journalFiles === 'cut' ? text.slice(0, text.length / 2) : text;
  send(response, { status: 200, headers: { 'content-type': 'application/json' }, body: whole });
}

function refuseToken(check: Exclude<AppTokenCheck, { kind: 'valid' }>): Answer {
  switch (check.kind) {
    case 'missing':
      return credentialsMissing();
    case 'unknown':
      return credentialsInvalid();
    case 'expired':
      return tokenExpired(check.agoMs, check.expiredAtEpochMs);
  }
}

function readAsked(
  world: World,
  route: JournalRoute,
  url: URL,
  text: string,
  host: string,
): Asked | { refusal: Answer } {
  for (const name of url.searchParams.keys())
    if (name !== 'installPortalId') return { refusal: validationError(`There is no parameter ${name}`) };
  const portal = url.searchParams.get('installPortalId');
  if (portal !== null && !/^[1-9]\d{0,9}$/.test(portal))
    return { refusal: validationError('installPortalId is no number') };
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    return { refusal: validationError('Invalid input JSON: the body cannot be parsed.') };
  }
  const params = (route.path.exec(url.pathname) ?? []).slice(1);
  const portalId = portal === null ? undefined : Number(portal);
  return { journal: world.journal, params, portalId, body, host, world };
}

function withOffset({ params: [offset = ''] }: Asked, then: (offset: string) => Answer): Answer {
  return UUID.test(offset) ? then(offset) : validationError('offset is no UUID');
}

function withCount({ params }: Asked, index: number, then: (count: number) => Answer): Answer {
  const count = params[index] ?? '';
  return /^[1-9]\d?$|^100$/.test(count) ? then(Number(count)) : validationError('count must be 1 to 100');
}

const offsetNotFound = (offset: string): Answer =>
  failure(404, 'OBJECT_NOT_FOUND', `The offset ${offset} does not exist, or has expired`);
const noSubscription = (id = ''): Answer =>
  failure(404, 'OBJECT_NOT_FOUND', `There is no subscription ${id}`);

/** 204 where there is none. */
function one(asked: Asked, [entry]: readonly JournalEntry[]): Answer {
  return entry ? json(200, fetched(asked, entry)) : noContent();
}

function batch(asked: Asked, entries: readonly JournalEntry[]): Answer {
  return json(200, complete(asked, { results: entries.map((entry) => fetched(asked, entry)) }));
}

function complete({ world }: Asked, parts: Record<string, unknown>) {
  const now = new Date(world.clock.epochMs()).toISOString();
  return { status: 'COMPLETE', startedAt: now, completedAt: now, ...parts };
}

function fetched(asked: Asked, entry: JournalEntry) {
  const { journal, portalId, world } = asked;
  const events = portalId === undefined ? entry.events : entry.events.filter((e) => e.portalId === portalId);
  const { key, expiresAt } = journal.sign({ ...entry, events });
  const host = world.settings.journalFiles === 'foreign' ? 'files.example.net' : asked.host;
  const query = new URLSearchParams({ 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Signature': key });
  const url = `http://${host}/journal-files/${entry.offset}.json?${query.toString()}`;
  return { url, expiresAt, currentOffset: entry.offset };
}

function readBatch(asked: Asked): Answer {
  const inputs = (asked.body as { inputs?: unknown } | undefined)?.inputs;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > 100)
    return validationError('inputs must be 1 to 100 offsets');
  const offsets = inputs.map(String);
  const found = offsets.flatMap((offset) => asked.journal.at(offset) ?? []);
  const results = found.map((entry) => fetched(asked, entry));
  if (results.length === offsets.length) return json(200, complete(asked, { results }));
  const missing = offsets.filter((offset) => !found.some((entry) => entry.offset === offset));
  const errors = missing.map((offset) => ({
    ...{ status: 'error', category: 'OBJECT_NOT_FOUND', message: `The offset ${offset} does not exist` },
    ...{ context: { ids: [offset] }, errors: [], links: {} },
  }));
  return json(207, complete(asked, { results, errors, numErrors: errors.length }));
}

function subscribe({ journal: { subscriptions }, body, world }: Asked): Answer {
  const plan = journalSubscription.safeParse(body);
  if (!plan.success) return validationError(plan.error.issues.map(({ message }) => message).join('; '));
  if ('portalId' in plan.data) {
    const portal = world.portals.get(plan.data.portalId);
    if (!portal || world.oauth.installs.of(portal).length === 0)
      return failure(403, 'BANNED', `The app is not installed in ${plan.data.portalId}`);
  }
  const most = world.settings.journalSubscriptions;
  const made = subscriptions.upsert(plan.data, most);
  return made
    ? json(200, subscriptions.show(made))
    : validationError(`The app has as many subscriptions as it may have: ${most}`);
}

function addFilter({ journal: { subscriptions }, body }: Asked): Answer {
  const filter = journalFilter.safeParse(body);
  if (!filter.success) return validationError(filter.error.issues.map(({ message }) => message).join('; '));
  const found = subscriptions.find(filter.data.subscriptionId);
  if (!found) return noSubscription(String(filter.data.subscriptionId));
  if (found.plan.subscriptionType !== 'OBJECT')
    return validationError('Filters are of subscriptions to objects');
  return json(200, { filterId: subscriptions.addFilter(found, filter.data.filter.conditions) });
}
