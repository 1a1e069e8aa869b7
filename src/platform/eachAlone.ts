/** What became of a loop whose units do not hold each other up. */
export interface Alone {
  readonly did: number;
  readonly failures: readonly Error[];
}

/** So many failures in a row are taken for one cause that all share: a server that is away. */
const MAX_FAILURES_IN_A_ROW = 5;

/**
 * Does `work` for each item, one after the other. One that throws holds up none of the others: its error is kept, and
 * tells which it was. Ends early when several in a row fail: where each is put off when it is taken, they are taken one
 * by one as they are worked on, so that those behind are none the worse. Returns the sum of what was done.
 */
export async function eachAlone<T>(
  items: Iterable<T> | AsyncIterable<T>,
  kind: string,
  work: (item: T) => Promise<number>,
): Promise<Alone> {
  const failures: Error[] = [];
  let did = 0;
  let inARow = 0;
  for await (const item of items) {
    try {
      did += await work(item);
      inARow = 0;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      failures.push(new Error(`A ${kind} failed (${JSON.stringify(item)}): ${reason}`, { cause }));
      inARow += 1;
      if (inARow >= MAX_FAILURES_IN_A_ROW) break;
    }
  }
  return { did, failures };
}

/** Throws the first failure, with how many there were: whoever calls has not succeeded, though it did what it could. */
export function throwFirst(...loops: readonly Alone[]): void {
  const [first, ...others] = loops.flatMap(({ failures }) => failures);
  if (first) throw new Error(`${first.message}; ${others.length} more failed`, { cause: first.cause });
}
