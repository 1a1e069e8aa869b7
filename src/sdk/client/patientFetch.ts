/** How long a call waits for a service that is busy or away. */
export interface Patience {
  /** How often a call is sent at most, where the service asks to wait (429, 503 with Retry-After); default 3. */
  readonly tries?: number;
  /** What is asked for longer is not waited for; default 30,000. */
  readonly maxWaitMs?: number;
}

/** Methods whose repeat is harmless. */
const REPEATABLE = ['GET', 'HEAD', 'PUT', 'DELETE'];
const BUSY = 429;
const AWAY = 503;

/**
 * `fetch`, which waits as long as the service asks and sends again. A 503 does not say whether something was done: a
 * call that a repeat could double is sent again only with an `Idempotency-Key`, or when it was refused unseen (429).
 */
export function patientFetch(
  fetch: (request: Request) => Promise<Response>,
  { tries = 3, maxWaitMs = 30_000 }: Patience,
): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let left = tries - 1; ; left -= 1) {
      const response = await fetch(request.clone());
      const waitMs = waitAskedMs(response);
      if (left <= 0 || waitMs === undefined || waitMs > maxWaitMs || !mayRepeat(request, response.status))
        return response;
      await response.body?.cancel();
      await pause(waitMs, request.signal);
    }
  };
}

function mayRepeat({ method, headers }: Request, status: number): boolean {
  return status === BUSY || REPEATABLE.includes(method) || headers.has('Idempotency-Key');
}

/** Seconds, as the API writes them. */
export function waitAskedMs({ status, headers }: Response): number | undefined {
  if (status !== BUSY && status !== AWAY) return undefined;
  const asked = headers.get('Retry-After');
  return asked !== null && /^\d{1,9}$/.test(asked) ? Number(asked) * 1000 : undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('The call was given up'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
