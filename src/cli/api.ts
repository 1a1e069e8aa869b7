import { types } from 'node:util';
import { parseExactJson, stringifyExactJson } from '../domain/exactJson.js';
import {
  createClient,
  SluiceError,
  type AnswerOf,
  type components,
  type ListPath,
  type QueryOf,
  type SluiceClient,
} from '../sdk/client/client.js';
import { adviceFor } from './apiSource.js';
import { CliError } from './errors.js';
import type { Secret } from '../platform/secret.js';
import type { Settings } from './settings.js';

/**
 * Sluice's API, as the command line uses it: the client that the package exports. Whatever goes wrong becomes a line
 * that says what to do, and numbers keep their digits.
 */
export type Api = Omit<SluiceClient, 'each'>;

export type { QueryOf };

/** What the API answers, by its name in the document. */
export type Answers = components['schemas'];

const TIMEOUT_MS = 60_000;

/** The API that is asked, and what says that it is. */
type Target = Pick<Settings, 'apiUrl' | 'source'>;

export function createApi(settings: Target & Pick<Settings, 'apiKey'>): Api {
  const client = createClient({
    url: settings.apiUrl,
    key: keyOf(settings).reveal(),
    fetch: (input, init) => reach(settings, new Request(input, init)),
    json: { parse: parseExactJson, stringify: stringifyExactJson },
    tries: 1, // who sits before it is told at once
  });
  const inWords = <Call>(call: Call): Call =>
    (async (...given: never[]) => {
      try {
        return await (call as (...given: never[]) => Promise<unknown>)(...given);
      } catch (error) {
        if (error instanceof SluiceError) throw refusal(error, settings);
        // Not instanceof: errors of Node's own code are of another realm in some hosts.
        throw types.isNativeError(error) && error.name === 'SyntaxError'
          ? foreign(settings, 'what is no JSON')
          : error;
      }
    }) as Call;
  return {
    get: inWords(client.get),
    post: inWords(client.post),
    put: inWords(client.put),
    patch: inWords(client.patch),
    delete: inWords(client.delete),
  };
}

export function keyOf({ apiKey, source }: Pick<Settings, 'apiKey' | 'source'>): Secret {
  if (apiKey) return apiKey;
  throw new CliError(`No API key: ${adviceFor(source).noKey}`, 1, 'unauthorized');
}

/** Sends a request and reads its answer to the end, or says in words why there is none. */
export async function reach({ apiUrl, source }: Target, request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { status, headers } = response;
    const body = await response.arrayBuffer();
    return new Response(body.byteLength === 0 ? null : body, { status, headers });
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    throw new CliError(
      timedOut
        ? `The API at ${apiUrl} did not answer within ${TIMEOUT_MS / 1000} s: see its log and /readyz`
        : `Cannot reach the API at ${apiUrl}: ${adviceFor(source).unreachable}`,
      1,
      'unavailable',
    );
  }
}

function refusal({ problem, status, requestId }: SluiceError, target: Target): CliError {
  if (!problem?.detail) return status === 413 ? tooLarge(target) : foreign(target, String(status));
  const hints: Record<number, string> = {
    401: adviceFor(target.source).otherKey,
    503: "see the API's /readyz",
  };
  const hint = hints[status];
  // Of our own failures alone does the log say more; a program gets the id of every request.
  const request = problem.requestId === undefined ? '' : ` (request ${problem.requestId})`;
  const message = `${problem.detail}${request}${hint === undefined ? '' : `: ${hint}`}`;
  return new CliError(message, 1, { ...problem, ...(requestId !== undefined && { requestId }) });
}

/** A proxy has a limit of its own, and words of its own for it. */
function tooLarge({ apiUrl }: Target): CliError {
  const detail = `${apiUrl} answered 413: what stands before the API takes no request of this size`;
  return new CliError(detail, 1, {
    type: 'about:blank',
    title: 'The body is too large',
    status: 413,
    detail,
  });
}

function foreign({ apiUrl, source }: Target, answer: string): CliError {
  return new CliError(
    `${apiUrl} answered ${answer} and does not look like Sluice: ${adviceFor(source).otherUrl}`,
    1,
    'unavailable',
  );
}

/** Options of a command are undefined where they were not given. */
type Loose<Fields> = { [Name in keyof Fields]: Fields[Name] | undefined };

/**
 * Everything that a list holds, page by page, up to `most`; what it says beside its items is that of the last page.
 * `named`: what stands in the path.
 */
export async function readAll<Path extends ListPath>(
  api: Api,
  path: Path,
  query: Loose<QueryOf<Path>> & { after?: string | undefined },
  most: number,
  pageSize: number,
  named: Readonly<Record<string, string>> = {},
): Promise<AnswerOf<'get', Path>> {
  const items: unknown[] = [];
  let { after } = query;
  for (;;) {
    const limit = Math.min(pageSize, most - items.length);
    const params = { path: named, query: { ...query, after, limit } };
    const page: { items: unknown[]; next: string | null } = await api.get(path, ...([{ params }] as never));
    items.push(...page.items);
    if (page.next === null || items.length >= most) return { ...page, items } as AnswerOf<'get', Path>;
    after = page.next;
  }
}

/** Without the fields that are undefined: a body or a query names what was given. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
