import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maxInAnyWindow } from '../../sandbox/platform/times.js';
import { useOfLaw } from './law.js';

export interface Caller {
  readonly accepted: number[];
  refused: number;
}

export interface RollingWindowServer {
  readonly url: string;
  /** What came with this bearer token. Times are monotonic milliseconds. */
  of(token: string): Caller;
  stop(): void;
}

const COUNTED_WITHIN_MS = 40;
const ANSWERED_MS = { least: 10, most: 100 };

/**
 * HubSpot's limit at its nastiest: a rolling window per token, exact, and a request is counted at some moment after it
 * arrived, so that what was sent in order is not counted in order.
 */
export async function startRollingWindowServer(
  limit: number,
  windowMs: number,
): Promise<RollingWindowServer> {
  const callers = new Map<string, Caller>();
  const of = (token: string) => {
    const caller = callers.get(token) ?? { accepted: [], refused: 0 };
    callers.set(token, caller);
    return caller;
  };
  const server = createServer((request, response) => {
    const caller = of((request.headers.authorization ?? '').replace('Bearer ', ''));
    request.resume();
    setTimeout(
      () => {
        const now = performance.now();
        const admitted = (caller.accepted.at(-limit) ?? -Infinity) <= now - windowMs;
        if (admitted) caller.accepted.push(now);
        else caller.refused += 1;
        response.statusCode = admitted ? 200 : 429;
        response.setHeader('content-type', 'application/json');
        const body = admitted
          ? '{"id":"1","properties":{},"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}'
          : '{"status":"error","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}';
        setTimeout(() => response.end(body), between(ANSWERED_MS.least, ANSWERED_MS.most));
      },
      between(0, COUNTED_WITHIN_MS),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    of,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * How much of the limit was used in the first `ms` of a caller's work, and the most in any window. `pace`: how fast
 * its windows followed each other, which the whole windows that fit into `ms` may hide.
 */
export function usage(caller: Caller, limit: number, windowMs: number, ms: number) {
  const from = caller.accepted[0] ?? NaN;
  const within = caller.accepted.filter((at) => at < from + ms);
  return {
    share: within.length / ((limit * ms) / windowMs),
    pace: useOfLaw(within, { limit, intervalMs: windowMs }),
    mostInWindow: maxInAnyWindow(within, windowMs),
  };
}

function between(low: number, high: number): number {
  return low + Math.random() * (high - low);
}
