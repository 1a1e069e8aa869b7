import { LRUCache } from 'lru-cache';

/** Values that are remembered for a while. Bounded: beyond `max` the one that was used least recently goes. */
export interface Cache<Key, Value> {
  /** Undefined when it is not there, or its time is over. */
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  clear(): void;
  /** Those whose time is not over. */
  values(): Iterable<Value>;
}

interface CacheOptions {
  /** How many entries are kept at most. */
  readonly max: number;
  /** How long an entry holds after it was set; without it, until it is pushed out. */
  readonly ttlMs?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** What values weigh together at most, where they differ in size. One that is heavier by itself is not kept. */
interface WeightBound<Value> {
  readonly maxWeight: number;
  readonly weigh: (value: Value) => number;
}

/** The one cache of this service; maps without a bound grow for as long as a process lives. */
export function createCache<Key extends string | number, Value extends NonNullable<unknown>>({
  max,
  ttlMs = 0,
  now = () => performance.now(),
  ...bound
}: CacheOptions & (WeightBound<Value> | { readonly maxWeight?: never })): Cache<Key, Value> {
  const entries = new LRUCache<Key, Value>({
    ...{ max, ttl: ttlMs, ttlResolution: 0, perf: { now } },
    ...(bound.maxWeight !== undefined && { maxSize: bound.maxWeight, sizeCalculation: bound.weigh }),
  });
  return {
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    values: () => entries.values(),
  };
}

/** A cache of what is loaded: those who ask at once share one load. */
export interface LoadingCache<Key, Value> {
  get(key: Key): Promise<Value>;
  /** Drops the entry. A load that is under way is given to those who wait for it, and not kept. */
  delete(key: Key): void;
}

/** Loads what is not there. A load that fails is not kept: the next who asks tries again. */
export function createLoadingCache<Key extends string | number, Value>(
  options: CacheOptions,
  load: (key: Key) => Promise<Value>,
): LoadingCache<Key, Value> {
  const entries = createCache<Key, Promise<Value>>(options);
  return {
    get(key) {
      const known = entries.get(key);
      if (known) return known;
      const value = load(key);
      entries.set(key, value);
      value.catch(() => {
        if (entries.get(key) === value) entries.delete(key);
      });
      return value;
    },
    delete: (key) => entries.delete(key),
  };
}
