import { createCache } from '../../platform/cache.js';

interface NamedType {
  readonly portalId: number;
  readonly objectType: string;
}

/**
 * What one process remembers of how many records of each type wait to be read. To count them is the dearest part of a
 * commit where thousands wait, so it is done once for many commits.
 */
export interface ReadRoom {
  /**
   * Of records that a commit names: whether those of their type are looked for together. Undefined: the commit counts
   * them.
   */
  enter(records: readonly NamedType[]): (record: NamedType) => boolean | undefined;
  /** So many of a type wait after the commit. */
  counted(type: NamedType, waiting: number, mostAlone: number): void;
}

/** For so long a count holds: a type that was full is read one by one again soon after it is not. */
const HOLDS_MS = 500;
const MAX_TYPES = 20_000;
/** What is left is divided among so many processes, who do not know of each other. */
const PROCESSES = 8;

interface Counted {
  readonly isFull: boolean;
  /** So many more may be named before they are counted again. */
  left: number;
}

export function createReadRoom({ now }: { readonly now?: () => number } = {}): ReadRoom {
  const types = createCache<string, Counted>({ max: MAX_TYPES, ttlMs: HOLDS_MS, ...(now && { now }) });
  return {
    enter(records) {
      const named = new Map<string, number>();
      for (const record of records) {
        const key = keyOf(record);
        named.set(key, (named.get(key) ?? 0) + 1);
      }
      const verdicts = new Map<string, boolean>();
      for (const [key, count] of named) {
        const known = types.get(key);
        if (!known || (!known.isFull && known.left < count)) continue;
        known.left -= count;
        verdicts.set(key, known.isFull);
      }
      return (record) => verdicts.get(keyOf(record));
    },
    counted(type, waiting, mostAlone) {
      const left = Math.floor((mostAlone - waiting) / PROCESSES);
      types.set(keyOf(type), { isFull: waiting >= mostAlone, left });
    },
  };
}

const keyOf = ({ portalId, objectType }: NamedType) => `${portalId} ${objectType}`;
