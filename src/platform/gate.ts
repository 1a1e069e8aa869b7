/** Lets so many through at a time; those that come meanwhile wait in line, the first first. */
export interface Gate {
  /** Runs `work` when there is a place. Undefined when so many wait already that nobody else may. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined;
}

export function createGate({ places, mostWaiting }: { places: number; mostWaiting: number }): Gate {
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function enter<T>(work: () => Promise<T>): Promise<T> {
    if (taken >= places) await new Promise<void>((resolve) => waiting.push(resolve));
    else taken += 1;
    try {
      return await work();
    } finally {
      // The place goes to who waits longest, without being free in between.
      const next = waiting.shift();
      if (next) next();
      else taken -= 1;
    }
  }

  return { run: (work) => (taken >= places && waiting.length >= mostWaiting ? undefined : enter(work)) };
}
