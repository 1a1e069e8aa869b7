import { backoffMs } from '../domain/hubspot/backoff.js';
import { createCache } from './cache.js';

/**
 * Which of many are left alone since they failed: each for itself and for longer each time, so that one that fails for
 * good costs little and holds up none of the others (docs/laws.md, law 5).
 */
export interface KeyedBackoff {
  /** Returns for how long it is left alone now. */
  failed(key: string): number;
  succeeded(key: string): void;
  /** 0: it may be tried. */
  leftMs(key: string): number;
}

interface Options {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Those that are forgotten are tried once more. */
const MAX_REMEMBERED = 10_000;

export function createKeyedBackoff({
  firstMs,
  maxMs,
  now = () => performance.now(),
  random = Math.random,
}: Options): KeyedBackoff {
  const failures = createCache<string, { readonly count: number; readonly until: number }>({
    max: MAX_REMEMBERED,
  });
  return {
    failed(key) {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const ms = backoffMs(count, { baseMs: firstMs, maxMs, random });
      failures.set(key, { count, until: now() + ms });
      return ms;
    },
    succeeded: (key) => failures.delete(key),
    leftMs: (key) => Math.max(0, (failures.get(key)?.until ?? 0) - now()),
  };
}
