/**
 * Resolves or rejects as `work` does; rejects with `late()` when that takes longer than `ms`. The work itself is not
 * ended: what becomes of it later is of no interest here, so its starter logs its failure.
 */
export async function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  work.catch(() => undefined); // a failure after the deadline is no unhandled rejection
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long it is until a monotonic time; 0 when it has passed. */
export function leftMs(deadlineAt: number): number {
  return Math.max(0, deadlineAt - performance.now());
}
