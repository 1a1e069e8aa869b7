/**
 * The API for programs. Types are those of docs/openapi.yaml, so that a wrong field does not compile.
 *
 * ```ts
 * const sluice = createClient({ url: 'https://sluice.example.com', key: process.env.SLUICE_API_KEY });
 * for await (const lane of sluice.each('/api/lanes', { portalId: 62515 })) console.log(lane.id, lane.waiting);
 * await sluice.patch('/api/lanes/{id}', { params: { path: { id: '17' } }, body: { paused: true } });
 * ```
 *
 * @module sluice/client
 */
import createFetchClient, { type MaybeOptionalInit, type MethodResponse, type Client } from 'openapi-fetch';
import type { HttpMethod, PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';
import { patientFetch, type Patience } from './patientFetch.js';
import { problemOf } from './problems.js';
import type { paths } from './schema.js';

export {
  HubSpotAuthError,
  HubSpotRateLimitError,
  HubSpotSyncError,
  HubSpotValidationError,
  SluiceError,
} from './problems.js';
export type { FieldProblem, Problem } from './problems.js';
export type { Patience } from './patientFetch.js';
export type { AboutChanges, ChangeHandler, RecordChange } from './changeHandler.js';
export { verifyNotice } from './verifyNotice.js';
export type { components, operations, paths } from './schema.js';

type Api = Client<paths>;

/** What is answered to a call of this path when all is well. */
export type AnswerOf<Method extends HttpMethod, Path extends PathsWithMethod<paths, Method>> = MethodResponse<
  Api,
  Method,
  Path
>;
type Init<Method extends HttpMethod, Path extends PathsWithMethod<paths, Method>> = MaybeOptionalInit<
  paths[Path],
  Method
>;
type InitArguments<Given> = RequiredKeysOf<Given> extends never ? [init?: Given] : [init: Given];

/**
 * What is answered when all is well. Rejects with a `SluiceError` of the problem's class, or with what `fetch` throws.
 */
export type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<paths, Method>>(
  path: Path,
  ...init: InitArguments<Init<Method, Path>>
) => Promise<AnswerOf<Method, Path>>;

/** Paths that answer a list: one that ends. A feed does not, and is read with `get`, at the pace of who reads it. */
export type ListPath = {
  [Path in PathsWithMethod<paths, 'get'>]: AnswerOf<'get', Path> extends {
    items: unknown[];
    next: infer Next extends string | null;
  }
    ? null extends Next
      ? Path
      : never
    : never;
}[PathsWithMethod<paths, 'get'>];
/** An item of the list at this path. */
export type ItemOf<Path extends ListPath> =
  AnswerOf<'get', Path> extends { items: (infer Item)[] } ? Item : never;
/** What the list at this path may be asked for. */
export type QueryOf<Path extends ListPath> = paths[Path]['get'] extends {
  parameters: { query?: infer Query };
}
  ? Query
  : never;
/** What is asked of the list at this path: its query, and what stands in the path, where that leaves something open. */
export type Asked<Path extends ListPath> = paths[Path]['get'] extends { parameters: { path: infer Named } }
  ? [query: QueryOf<Path> | undefined, named: Named]
  : [query?: QueryOf<Path>];

/** Where the service is, and as whom it is asked. */
export interface ClientOptions extends Patience {
  /** Of the API: `https://sluice.example.com`. */
  readonly url: string;
  /** An API key: `slc_…`. */
  readonly key: string;
  /** What sends the requests; default the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** How bodies are read and written, in place of JSON.parse, which keeps 15 digits of a number, and JSON.stringify. */
  readonly json?: JsonForm;
}

/** A way to read and to write JSON. */
export interface JsonForm {
  /** The value of a text. */
  parse(text: string): unknown;
  /** The text of a value. */
  stringify(value: unknown): string;
}

/** The calls of the API, by method and path. */
export interface SluiceClient {
  /** Reads. Sent again where the service asks to wait. */
  readonly get: Call<'get'>;
  /** With an `Idempotency-Key` of its own, unless the call brings one: a repeat after a lost answer changes nothing. */
  readonly post: Call<'post'>;
  /** Replaces. Sent again where the service asks to wait: a repeat changes nothing. */
  readonly put: Call<'put'>;
  /** Changes. Sent again only when it was refused unseen (429). */
  readonly patch: Call<'patch'>;
  /** Removes. Sent again where the service asks to wait: a repeat changes nothing. */
  readonly delete: Call<'delete'>;
  /** Every item of a list, page by page as they are wanted. */
  each<Path extends ListPath>(path: Path, ...asked: Asked<Path>): AsyncGenerator<ItemOf<Path>, void>;
}

/** Makes a client. It opens no connection before it is asked; it may be kept for as long as the program runs. */
export function createClient({ url, key, fetch: given, json, ...patience }: ClientOptions): SluiceClient {
  const send = patientFetch(given ?? ((...args) => fetch(...args)), patience);
  const api = createFetchClient<paths>({
    baseUrl: url.endsWith('/') ? url.slice(0, -1) : url,
    fetch: send,
    headers: { Authorization: `Bearer ${key}`, Accept: 'application/json' },
    ...(json && { bodySerializer: (body: unknown) => json.stringify(body) }),
  });
  api.use({
    onRequest({ request }) {
      if (request.method === 'POST' && !request.headers.has('Idempotency-Key'))
        request.headers.set('Idempotency-Key', globalThis.crypto.randomUUID());
      return request;
    },
    async onResponse({ response }) {
      if (!response.ok) throw await problemOf(response);
    },
  });
  const call = <Method extends HttpMethod>(method: Method) =>
    (async (path: never, init?: { readonly parseAs?: string }) => {
      const read = json && init?.parseAs === undefined ? { parseAs: 'text' } : {};
      const { data } = await api.request(method as 'get', path, { ...init, ...read } as never);
      return json && 'parseAs' in read && data !== undefined ? json.parse(data) : data;
    }) as unknown as Call<Method>;
  const get = call('get');
  return {
    ...{ get, post: call('post'), put: call('put'), patch: call('patch'), delete: call('delete') },
    async *each(path, ...asked) {
      const [query, named] = asked as [query?: object, named?: object];
      let after: string | null | undefined;
      do {
        const params = { path: named, query: { ...query, ...(after !== undefined && { after }) } };
        const page = (await get(path, ...([{ params }] as never))) as unknown as {
          items: ItemOf<typeof path>[];
          next: string | null;
        };
        yield* page.items;
        after = page.next;
      } while (after !== null);
    },
  };
}
