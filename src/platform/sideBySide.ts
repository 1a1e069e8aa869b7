/** What became of work that was done side by side. */
export interface SideBySide {
  readonly done: number;
  readonly failures: readonly Error[];
}

interface Work<T> {
  readonly atOnce: number;
  /** The next few. None: there is nothing more. It is not called again while its answer is outstanding. */
  readonly take: () => Promise<readonly T[]>;
  /** No more is taken when there is none; what was taken is done all the same. */
  readonly hasTime: () => boolean;
  /** Has an end of its own. One that throws holds up none of the others. */
  readonly work: (item: T) => Promise<void>;
}

/**
 * Does what there is, so many at once, a slow one beside the others, until there is nothing more or no time is left.
 */
export async function sideBySide<T>({ atOnce, take, hasTime, work }: Work<T>): Promise<SideBySide> {
  const taken: T[] = [];
  const failures: Error[] = [];
  let done = 0;
  let isOver = false;
  let taking: Promise<void> | undefined;

  const takeMore = async () => {
    const more = hasTime() ? await take() : [];
    if (more.length === 0) isOver = true;
    taken.push(...more);
  };
  const next = async (): Promise<T | undefined> => {
    while (taken.length === 0 && !isOver) await (taking ??= takeMore().finally(() => (taking = undefined)));
    return taken.shift();
  };
  const doThem = async () => {
    for (let item = await next(); item !== undefined; item = await next()) {
      try {
        await work(item);
        done += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, doThem));
  return { done, failures };
}
