/** Places of this process that are counted by key, such as a portal: so many of a key at a time, and so many of all. */
export interface Places<Key> {
  readonly areFull: (key: Key) => boolean;
  /** Undefined: there is none. Else to be called when what has it has ended. */
  take(key: Key): (() => void) | undefined;
}

export function createPlaces<Key>({
  ofKey,
  ofAll = Infinity,
}: {
  readonly ofKey: number;
  readonly ofAll?: number;
}): Places<Key> {
  const taken = new Map<Key, number>();
  let all = 0;
  const areFull = (key: Key) => (taken.get(key) ?? 0) >= ofKey || all >= ofAll;
  return {
    areFull,
    take(key) {
      if (areFull(key)) return undefined;
      all += 1;
      taken.set(key, (taken.get(key) ?? 0) + 1);
      return () => {
        all -= 1;
        const left = (taken.get(key) ?? 1) - 1;
        if (left > 0) taken.set(key, left);
        else taken.delete(key);
      };
    },
  };
}
