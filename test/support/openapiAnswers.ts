import { describe, it } from '@jest/globals';
import { hasDescription, NO_DESCRIPTION, problemsOf, queryProblems, readDescriptions } from './openapi.js';

export interface Request {
  method: string;
  /** Path with query, without host. */
  url: string;
  contentType?: string | undefined;
  /** Parsed: JSON as it is, a form as an object. */
  body?: unknown;
}

export interface Answer {
  status: number;
  contentType: string | undefined;
  body: unknown;
}

export interface HubSpotDescription {
  /** What is wrong with a request. A test checks its own requests too: an answer to a wrong one proves nothing. */
  request(request: Request): string[];
  /** What is wrong with the answer to a request. */
  answer(request: Request, answer: Answer): string[];
  /** The scopes of which the request needs one. */
  scopes(request: Request): string[];
  /** The limits that the request does not count against. */
  exemptions(request: Request): readonly string[];
  /** The described operation that the request is, for example `POST /crm/objects/2026-03/contacts`. */
  operation(request: Request): string;
}

/** Runs `tests` with HubSpot's description, or skips them where it is not there. */
export function describeAgainstHubSpot(title: string, tests: (hubspot: HubSpotDescription) => void): void {
  if (hasDescription()) describe(title, () => tests(readHubSpotDescription()));
  else it.skip(`${title}: ${NO_DESCRIPTION}`, () => undefined);
}

function readHubSpotDescription(): HubSpotDescription {
  const find = readDescriptions();
  const operationOf = ({ method, url }: Request) => {
    const operation = find(method, new URL(url, 'http://hubspot').pathname);
    if (!operation) throw new Error(`${method} ${url} is not described`);
    return operation;
  };
  return {
    request(request) {
      const operation = operationOf(request);
      const query = queryProblems(operation, new URL(request.url, 'http://hubspot').searchParams);
      const types = Object.keys(operation.body);
      if (types.length === 0)
        return request.body === undefined ? query : [...query, 'a body is not described'];
      const schema = operation.body[bare(request.contentType)];
      if (!schema) return [...query, `a body of ${request.contentType} is not described`];
      return [...query, ...problemsOf(schema, request.body, operation.schemas)];
    },
    answer(request, { status, contentType, body }) {
      const { responses, schemas } = operationOf(request);
      const own = responses[status];
      if (!own && status < 400) {
        // `default` describes an error: it stands for a success only where nothing else is described.
        const isOnlyDefault = Object.keys(responses).join() === 'default';
        return isOnlyDefault ? [] : [`${status} is not described`];
      }
      const content =
        (status >= 400 && Object.keys(own ?? {}).length === 0 ? responses['default'] : own) ?? {};
      if (Object.keys(content).length === 0) return body === '' ? [] : ['a body is not described'];
      const schema = content[bare(contentType)] ?? content['*/*'];
      if (!schema) return [`an answer of ${contentType} is not described`];
      return problemsOf(schema, withoutHabits(body, status >= 400), schemas, 'answer');
    },
    scopes: (request) => operationOf(request).security.flatMap((way) => way['oauth2'] ?? []),
    exemptions: (request) => operationOf(request).exemptions,
    operation: (request) => `${request.method} ${operationOf(request).template}`,
  };
}

function bare(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * The body without that in which HubSpot's real answers differ from its description: each error has
 * `"status": "error"`, a property that a record does not have is null, the label of an association without one is null,
 * and the subCategory of an error in a batch is a string.
 */
function withoutHabits(body: unknown, isError: boolean): unknown {
  if (!isObject(body)) return body;
  const { status, ...rest } = body;
  return prune(isError && status === 'error' ? rest : body);
}

/** @param within the name of the member that has this value, or the array of which it is a part */
function prune(value: unknown, within?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => prune(item, within));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, part]) => !(part === null && (within === 'properties' || name === 'label')))
      .filter(([name, part]) => !(typeof part === 'string' && name === 'subCategory' && within === 'errors'))
      .map(([name, part]) => [name, prune(part, name)]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
