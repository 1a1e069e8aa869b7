import { createCache } from './cache.js';

const EVERY_MS = 60_000;
const MAX_NAMES = 1000;

/**
 * For lines of the log that somebody else could cause without end: one a minute for each name. Undefined when nothing
 * is to be said now, else how many were left out since the last one.
 */
export type Seldom = (name: string) => { readonly leftOut: number } | undefined;

export function createSeldom(now: () => number = () => performance.now()): Seldom {
  const said = createCache<string, { at: number; leftOut: number }>({ max: MAX_NAMES });
  return (name) => {
    const last = said.get(name);
    if (last && now() - last.at < EVERY_MS) {
      last.leftOut += 1;
      return undefined;
    }
    said.set(name, { at: now(), leftOut: 0 });
    return { leftOut: last?.leftOut ?? 0 };
  };
}
