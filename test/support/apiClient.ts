export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
}

/** A lane as `GET /api/lanes` shows it, as far as tests read it. */
export interface Lane {
  readonly id: string;
  readonly portalId: number;
  readonly key: string;
  readonly queue: string | null;
  readonly workflowId: string | null;
  readonly step: string | null;
  readonly rate: Rate & { readonly source: string; readonly override: Rate | null };
  readonly rateNote: string | null;
  readonly paused: { readonly at: string; readonly reason: string | null } | null;
  readonly waiting: number;
  readonly sending: number;
}

export interface Execution {
  readonly id: string;
  readonly portalId: number;
  readonly laneId: string;
  readonly callbackId: string;
  readonly state: string;
  readonly reason: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export type ApiClient = ReturnType<typeof createApiClient>;

/** Sluice's API over HTTP, with a key. Nothing is thrown for a status: tests look at it. */
export function createApiClient(url: () => string, apiKey: string) {
  async function request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${url()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as T,
    };
  }

  /** For what a test only prepares: anything but success is an error. */
  async function must<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await request<T>(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  return {
    request,
    get: <T = unknown>(path: string) => request<T>('GET', path),
    post: <T = unknown>(path: string, body: unknown = {}) => request<T>('POST', path, body),
    patch: <T = unknown>(path: string, body: unknown) => request<T>('PATCH', path, body),
    put: <T = unknown>(path: string, body: unknown) => request<T>('PUT', path, body),
    delete: <T = unknown>(path: string) => request<T>('DELETE', path),
    must,
    lanes: async (portalId: number) =>
      (await must<Page<Lane>>('GET', `/api/lanes?portalId=${portalId}`)).items,
    lane: (laneId: string) => must<Lane>('GET', `/api/lanes/${laneId}`),
    changeLane: (
      laneId: string,
      change: { rate?: Rate | null; paused?: boolean; spread?: boolean; maxPerWorkflow?: number },
    ) => must<Lane>('PATCH', `/api/lanes/${laneId}`, change),
    executions: async (filter: { portalId?: number; laneId?: string; state?: string }) => {
      const query = new URLSearchParams({ limit: '200' });
      for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
      return (await must<Page<Execution>>('GET', `/api/executions?${query.toString()}`)).items;
    },
  };
}
