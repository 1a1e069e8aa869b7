import { describe, it } from '@jest/globals';
import { hasDescription, OPENAPI_FOLDER, problemsOf, queryProblems, readDescriptions } from './openapi.js';

export interface Asked {
  method: string;
  /** Path with query, without host. */
  url: string;
  contentType?: string | undefined;
  /** Parsed: JSON as it is, a form as an object. */
  body?: unknown;
}

export interface Answered {
  status: number;
  contentType: string | undefined;
  body: unknown;
}

export interface Judge {
  /** What is wrong with a request that was answered well: a test that asks wrongly proves nothing. */
  request(asked: Asked): string[];
  answer(asked: Asked, answered: Answered): string[];
  /** One of them is enough. */
  scopes(asked: Asked): string[];
  /** The limits that it does not count against. */
  exemptions(asked: Asked): readonly string[];
  /** `POST /crm/objects/2026-03/contacts`: of all that is described, which one the request is. */
  operation(asked: Asked): string;
}

/** Runs `tests` with HubSpot's description as the judge, or says loudly that it is not there. */
export function describeAgainstHubSpot(title: string, tests: (judge: Judge) => void): void {
  if (!hasDescription()) {
    it(`NOT CHECKED: ${title}. HubSpot's description is not here; SLUICE_HUBSPOT_OPENAPI would say where it is`, () => {
      console.warn(`Not checked: ${title}. There is no description in ${OPENAPI_FOLDER}`);
    });
    return;
  }
  describe(title, () => tests(createJudge()));
}

function createJudge(): Judge {
  const find = readDescriptions();
  const operationOf = ({ method, url }: Asked) => {
    const operation = find(method, new URL(url, 'http://hubspot').pathname);
    if (!operation) throw new Error(`${method} ${url} is not described`);
    return operation;
  };
  return {
    request(asked) {
      const operation = operationOf(asked);
      const query = queryProblems(operation, new URL(asked.url, 'http://hubspot').searchParams);
      const types = Object.keys(operation.body);
      if (types.length === 0) return asked.body === undefined ? query : [...query, 'a body is not described'];
      const schema = operation.body[bare(asked.contentType)];
      if (!schema) return [...query, `a body of ${asked.contentType} is not described`];
      return [...query, ...problemsOf(schema, asked.body, operation.schemas)];
    },
    answer(asked, { status, contentType, body }) {
      const { responses, schemas } = operationOf(asked);
      const own = responses[status];
      if (!own && status < 400) {
        // The default is the error's: no success may hide behind it, unless nothing else is described.
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
    scopes: (asked) => operationOf(asked).security.flatMap((way) => way['oauth2'] ?? []),
    exemptions: (asked) => operationOf(asked).exemptions,
    operation: (asked) => `${asked.method} ${operationOf(asked).template}`,
  };
}

function bare(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/**
 * Where HubSpot's answers, as they were seen, and its description differ: each error says `"status": "error"`, a property that a
 * record does not have is null, and so is the label that an association does not have; the subCategory within a batch's errors
 * is a name.
 */
function withoutHabits(body: unknown, isError: boolean): unknown {
  if (!isObject(body)) return body;
  const { status, ...rest } = body;
  return prune(isError && status === 'error' ? rest : body);
}

/** `within`: the name of the nearest member around. */
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
