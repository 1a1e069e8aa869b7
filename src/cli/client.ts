import { parseExactJson, stringifyExactJson } from '../domain/exactJson.js';
import { CliError, type Problem } from './errors.js';
import type { Settings } from './settings.js';

export interface Client {
  get<T>(path: string, query?: Record<string, string | number | undefined>): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** Sluice's API, as the command line uses it: whatever goes wrong becomes a line that says what to do. */
export function createClient(settings: Pick<Settings, 'apiUrl' | 'apiKey'>): Client {
  async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
    if (!settings.apiKey)
      throw new CliError('No API key: set SLUICE_API_KEY (`npm run setup` prints one)', 1, 'unauthorized');
    let response: Response;
    try {
      response = await fetch(`${settings.apiUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${settings.apiKey.reveal()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: stringifyExactJson(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      throw new CliError(
        timedOut
          ? `The API at ${settings.apiUrl} did not answer within ${TIMEOUT_MS / 1000} s: see its log and /readyz`
          : `Cannot reach the API at ${settings.apiUrl}: start it (\`npm start\`), or set SLUICE_API_URL`,
        1,
        'unavailable',
      );
    }
    const text = await response.text();
    if (response.ok) return (text === '' ? undefined : parseExactJson(text)) as T;
    throw refusal(response, text);
  }

  function refusal(response: Response, text: string): CliError {
    const problem = problemOf(response, text);
    if (!problem?.detail)
      return new CliError(
        `${settings.apiUrl} answered ${response.status} and does not look like Sluice: check SLUICE_API_URL`,
        1,
        'unavailable',
      );
    const hint = HINTS[response.status];
    // Of our own failures alone does the log say more; a program gets the id of every request.
    const request = problem.requestId === undefined ? '' : ` (request ${problem.requestId})`;
    const requestId = problem.requestId ?? response.headers.get('x-request-id');
    const message = `${problem.detail}${request}${hint === undefined ? '' : `: ${hint}`}`;
    return new CliError(message, 1, { ...problem, ...(requestId !== null && { requestId }) });
  }

  return {
    get: (path, query = {}) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query))
        if (value !== undefined) search.set(name, String(value));
      return send('GET', search.size === 0 ? path : `${path}?${search.toString()}`);
    },
    post: (path, body) => send('POST', path, body),
    patch: (path, body) => send('PATCH', path, body),
    put: (path, body) => send('PUT', path, body),
    delete: (path) => send('DELETE', path),
  };
}

const HINTS: Record<number, string> = {
  401: 'set SLUICE_API_KEY to a key of this API',
  503: "see the API's /readyz",
};

function problemOf(response: Response, text: string): Problem | undefined {
  return response.headers.get('content-type')?.startsWith('application/problem+json')
    ? (JSON.parse(text) as Problem)
    : undefined;
}
