import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import {
  bodyTooLarge,
  credentialsInvalid,
  credentialsMissing,
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
  definitionEgg,
  definitionPatch,
  inconsistencies,
  wholeDefinition,
  type typeDefinition,
} from './definitionInput.js';
import { newest, type Defined, type Definitions, type Revision } from './definitions.js';

/*
 * The API of an app's definitions. HubSpot describes the version of 2026-03 with a token of the developer's account,
 * and those of 2026-09 and v4 with the developer's key in the query (docs/hubspot.md#custom-workflow-actions).
 */

const MAX_BODY_BYTES = 1024 * 1024;
const MOST_A_PAGE = 100;
const ROOT = /^\/automation\/(?:actions\/(2026-03|2026-09)|(v4)\/actions)\/(\d+)((?:\/.*)?)$/;

interface Asked {
  readonly definitions: Definitions;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly params: readonly string[];
}

interface DefinitionRoute {
  readonly method: string;
  readonly path: RegExp;
  handle(asked: Asked): Answer;
}

const at = (method: string, path: string, handle: DefinitionRoute['handle']): DefinitionRoute => ({
  ...{ method, handle },
  path: new RegExp(`^${path}$`),
});
const ONE = '/(\\d+)';

const ROUTES: readonly DefinitionRoute[] = [
  at('GET', '/?', ({ definitions, query }) => {
    const archived = query.get('archived') === 'true';
    return page(
      query,
      definitions.list({ archived }).map((one) => shown(one)),
    );
  }),
  at('POST', '/?', ({ definitions, body }) =>
    checked(definitionEgg, body, ({ functions: _none, ...definition }) => {
      const wrong = inconsistencies(definition);
      if (wrong.length > 0) return refused(wrong);
      return json(201, shown(definitions.create(definition)));
    }),
  ),
  at('GET', ONE, (asked) =>
    withDefinition(asked, (one) => json(200, shown(one)), asked.query.get('archived') === 'true'),
  ),
  at('PATCH', ONE, (asked) => withDefinition(asked, (one) => patch(asked, one))),
  at('DELETE', ONE, (asked) =>
    withDefinition(asked, (one) => {
      asked.definitions.archive(one);
      return noContent();
    }),
  ),
  at('GET', `${ONE}/functions`, (asked) => withDefinition(asked, () => json(200, { results: [] }))),
  at('PUT', `${ONE}/functions/.+`, () => validationError('The sandbox runs no functions')),
  at('GET', `${ONE}/requires-object`, (asked) =>
    withDefinition(asked, ({ requiresObject }) => json(200, { requiresObject })),
  ),
  at('POST', `${ONE}/requires-object`, (asked) =>
    withDefinition(asked, (one) => {
      const { requiresObject } = (asked.body ?? {}) as { requiresObject?: unknown };
      if (typeof requiresObject !== 'boolean') return validationError('requiresObject must be a boolean');
      one.requiresObject = requiresObject;
      return noContent();
    }),
  ),
  at('GET', `${ONE}/revisions`, (asked) =>
    withDefinition(asked, (one) =>
      page(
        asked.query,
        one.revisions.map((revision) => shownRevision(one, revision)),
      ),
    ),
  ),
  at('GET', `${ONE}/revisions/(\\d+)`, (asked) =>
    withDefinition(asked, (one) => {
      const revision = one.revisions.find(({ revisionId }) => String(revisionId) === asked.params[1]);
      return revision ? json(200, shownRevision(one, revision)) : notThere(`revision ${asked.params[1]}`);
    }),
  ),
];

export function isDefinitionsPath(path: string): boolean {
  return ROOT.test(path);
}

export async function serveDefinitions(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const { pathname: path, searchParams: query } = url;
  const arrival = { atMs: world.clock.now(), portalId: null, method, path, bodyHash: undefined };
  const exchange = new Exchange(world, request, response, { arrival });
  const [, dated, , appId, below = ''] = ROOT.exec(path) ?? [];
  const { definitions } = world;
  const stranger = refuseStranger(world, dated, query, request.headers.authorization);
  if (stranger) return exchange.finish(stranger);
  if (Number(appId) !== world.app.appId)
    return exchange.finish(failure(403, 'BANNED', `App ${appId} is none of this developer`));
  if (body === undefined) return exchange.finish(bodyTooLarge());
  const fitting = ROUTES.filter((route) => route.path.test(below));
  const route = fitting.find((one) => one.method === method);
  if (!route) {
    const allow = fitting.map((one) => one.method).join(', ');
    return exchange.finish(allow === '' ? nothingHere(method, path) : methodNotAllowed(allow));
  }
  const params = (route.path.exec(below) ?? []).slice(1);
  await exchange.serve(undefined, () => {
    const parsed = parse(body.toString('utf8'));
    if (!parsed) return validationError('Invalid input JSON: the body cannot be parsed.');
    return route.handle({ definitions, query, params, body: parsed.json });
  });
}

function refuseStranger(
  { definitions, settings }: World,
  dated: string | undefined,
  query: URLSearchParams,
  authorization: string | undefined,
): Answer | undefined {
  const shows =
    dated === '2026-03' ? /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] : query.get('hapikey');
  const expected = dated === '2026-03' ? definitions.developerToken : settings.developerKey;
  if (shows === undefined || shows === null || shows === '') return credentialsMissing();
  return shows === expected ? undefined : credentialsInvalid();
}

function patch({ definitions, body }: Asked, one: Defined): Answer {
  if (typeof body === 'object' && body !== null && 'functions' in body)
    return validationError('functions are changed by routes of their own');
  return checked(definitionPatch, body, (changes) => {
    const definition = wholeDefinition.parse({ ...newest(one).definition, ...changes });
    const wrong = inconsistencies(definition);
    if (wrong.length > 0) return refused(wrong);
    definitions.change(one, definition);
    return json(200, shown(one));
  });
}

function checked<Out>(schema: z.ZodType<Out>, body: unknown, then: (value: Out) => Answer): Answer {
  const parsed = schema.safeParse(body);
  if (parsed.success) return then(parsed.data);
  return refused(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
}

const refused = (problems: readonly string[]): Answer =>
  validationError(
    `Invalid action definition: ${problems.join('; ')}`,
    problems.map((message) => ({ message })),
  );

function withDefinition(
  { definitions, params: [id] }: Asked,
  then: (one: Defined) => Answer,
  archived = false,
): Answer {
  const found = definitions.find(Number(id));
  return found && (found.archivedAtEpochMs !== null) === archived
    ? then(found)
    : notThere(`definition ${id}`);
}

const notThere = (what: string): Answer => failure(404, 'OBJECT_NOT_FOUND', `There is no ${what}`);

function page(query: URLSearchParams, all: readonly object[]): Answer {
  const asked = Number(query.get('limit') ?? MOST_A_PAGE);
  if (!Number.isInteger(asked) || asked < 1) return validationError('limit must be a positive number');
  const from = Number(query.get('after') ?? 0);
  if (!Number.isInteger(from) || from < 0) return validationError('after is not valid');
  const end = from + Math.min(asked, MOST_A_PAGE);
  const paging = end < all.length ? { paging: { next: { after: String(end) } } } : {};
  return json(200, { results: all.slice(from, end), ...paging });
}

function shown(one: Defined, revision = newest(one)): object {
  const { id, archivedAtEpochMs: archivedAt } = one;
  return {
    ...{ id: String(id), revisionId: String(revision.revisionId), functions: [] },
    ...revision.definition,
    outputFields: (revision.definition.outputFields ?? []).map(({ typeDefinition }) => ({
      typeDefinition: inner(typeDefinition),
    })),
    ...(archivedAt !== null && { archivedAt }),
  };
}

/** Outputs are of HubSpot's inner type, which has more members than it takes. */
function inner({ options, ...type }: z.infer<typeof typeDefinition>): object {
  return {
    ...type,
    options: options.map((option, n) => ({
      ...{ displayOrder: n, doubleData: 0, hidden: false, readOnly: false, description: '' },
      ...option,
    })),
    ...{ externalOptions: false, useChirp: false, schema: { type: 'UNKNOWN' } },
  };
}

const shownRevision = (one: Defined, revision: Revision) => ({
  ...{ id: String(one.id), revisionId: String(revision.revisionId) },
  ...{ createdAt: new Date(revision.createdAtEpochMs).toISOString(), definition: shown(one, revision) },
});

function parse(text: string): { json: unknown } | undefined {
  try {
    return { json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  } catch {
    return undefined;
  }
}
