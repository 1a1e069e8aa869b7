import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  bodyTooLarge,
  developerKeyInvalid,
  failure,
  methodNotAllowed,
  nothingHere,
  validationError,
} from '../hubspot/errors.js';
import { Exchange } from '../hubspot/exchange.js';
import { json, noContent, type Answer } from '../platform/answer.js';
import { readBody } from '../platform/http.js';
import type { World } from '../world.js';
import {
  settingsBody,
  shownSubscription,
  subscriptionBody,
  type AppSubscriptions,
} from './appSubscriptions.js';

const MAX_BODY_BYTES = 1024 * 1024;
const ROOT = '(?:/webhooks/(?:v3|2026-03)|/app-webhooks/2026-09)/(\\d+)';

interface Asked {
  readonly app: AppSubscriptions;
  readonly id: string;
  readonly body: unknown;
  readonly most: number;
  readonly now: string;
}
interface SubscriptionRoute {
  readonly method: string;
  readonly path: RegExp;
  handle(asked: Asked): Answer;
}
const at = (method: string, path: string, handle: SubscriptionRoute['handle']): SubscriptionRoute => ({
  ...{ method, path: new RegExp(`^${ROOT}${path}$`), handle },
});
const patchBody = z.strictObject({ active: z.boolean() });
const batchBody = z.strictObject({
  inputs: z
    .array(z.strictObject({ id: z.int(), active: z.boolean() }))
    .min(1)
    .max(100),
});

const ROUTES: readonly SubscriptionRoute[] = [
  at('GET', '/settings', ({ app }) => {
    const set = app.settings();
    return set ? json(200, set) : failure(404, 'OBJECT_NOT_FOUND', 'The app has no settings of webhooks');
  }),
  at('PUT', '/settings', ({ app, body }) =>
    taken(settingsBody, body, (settings) => {
      app.configure(settings);
      return json(200, app.settings());
    }),
  ),
  at('DELETE', '/settings', ({ app }) => {
    app.configure(undefined);
    return noContent();
  }),
  at('GET', '/subscriptions', ({ app }) => json(200, { results: app.list().map(shownSubscription) })),
  at('POST', '/subscriptions', ({ app, body, most }) =>
    taken(subscriptionBody, body, (plan) => {
      if (app.isDouble(plan))
        return failure(409, 'CONFLICT', `There is a subscription to ${plan.eventType} already`);
      if (app.size >= most)
        return validationError(`The app has as many subscriptions as it may have: ${most}`);
      return json(201, shownSubscription(app.create(plan)));
    }),
  ),
  at('POST', '/subscriptions/batch/update', ({ app, body, now }) =>
    taken(batchBody, body, ({ inputs }) => {
      const found = inputs.flatMap(({ id, active }) => {
        const one = app.find(id);
        if (one) app.switch(one, active);
        return one ? [shownSubscription(one)] : [];
      });
      const missing = inputs.filter(({ id }) => !app.find(id));
      const answer = { status: 'COMPLETE', results: found, startedAt: now, completedAt: now };
      if (missing.length === 0) return json(200, answer);
      const errors = missing.map(({ id }) => ({
        ...{ status: 'error', category: 'OBJECT_NOT_FOUND', message: `There is no subscription ${id}` },
        ...{ context: { ids: [String(id)] }, errors: [], links: {} },
      }));
      return json(207, { ...answer, errors, numErrors: errors.length });
    }),
  ),
  at('GET', '/subscriptions/(\\d+)', ({ app, id }) => {
    const one = app.find(Number(id));
    return one ? json(200, shownSubscription(one)) : noSubscription(id);
  }),
  at('PATCH', '/subscriptions/(\\d+)', ({ app, id, body }) =>
    taken(patchBody, body, ({ active }) => {
      const one = app.find(Number(id));
      if (!one) return noSubscription(id);
      app.switch(one, active);
      return json(200, shownSubscription(one));
    }),
  ),
  at('DELETE', '/subscriptions/(\\d+)', ({ app, id }) =>
    app.remove(Number(id)) ? noContent() : noSubscription(id),
  ),
];

/** Serves the webhooks API, which takes the key of the app's developer account and no token. */
export async function serveSubscriptions(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const exchange = new Exchange(world, request, response, {
    arrival: { atMs: world.clock.now(), portalId: null, method, path: url.pathname, bodyHash: undefined },
  });
  const { settings } = world;
  if (url.searchParams.get('hapikey') !== settings.developerKey)
    return exchange.finish(developerKeyInvalid());
  for (const name of url.searchParams.keys())
    if (name !== 'hapikey') return exchange.finish(validationError(`There is no parameter ${name}`));
  const fitting = ROUTES.filter(({ path }) => path.test(url.pathname));
  const route = fitting.find((candidate) => candidate.method === method);
  if (!route) {
    const allow = fitting.map((candidate) => candidate.method).join(', ');
    return exchange.finish(allow === '' ? nothingHere(method, url.pathname) : methodNotAllowed(allow));
  }
  const [, appId = '', id = ''] = route.path.exec(url.pathname) ?? [];
  if (Number(appId) !== world.app.appId)
    return exchange.finish(failure(404, 'OBJECT_NOT_FOUND', `The developer account has no app ${appId}`));
  if (body === undefined) return exchange.finish(bodyTooLarge());
  let parsed: unknown;
  try {
    parsed = body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined;
  } catch {
    return exchange.finish(validationError('Invalid input JSON: the body cannot be parsed.'));
  }
  const asked: Asked = {
    ...{ app: world.subscriptions, id, body: parsed, most: settings.webhookSubscriptions },
    now: new Date(world.clock.epochMs()).toISOString(),
  };
  return exchange.serve('subscriptions', () => route.handle(asked));
}

const noSubscription = (id: string): Answer =>
  failure(404, 'OBJECT_NOT_FOUND', `There is no subscription ${id}`);

function taken<T>(schema: z.ZodType<T>, body: unknown, then: (body: T) => Answer): Answer {
  const read = schema.safeParse(body);
  return read.success
    ? then(read.data)
    : validationError(read.error.issues.map(({ message }) => message).join('; '));
}
