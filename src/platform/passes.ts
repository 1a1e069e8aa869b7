export interface Passes {
  /** The first one begins at once. */
  start(): void;
  /** Waits for the one that is under way, which is told to stop. */
  close(): Promise<void>;
}

/**
 * One pass at a time, now and then: one may take longer than the next one waits. `run` is told whether it is the first.
 */
export function createPasses({
  run,
  everyMs,
  onError,
}: {
  run: (stopping: AbortSignal, isFirst: boolean) => Promise<void>;
  everyMs: number;
  onError: (error: unknown) => void;
}): Passes {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  function pass(isFirst: boolean): void {
    underWay ??= Promise.resolve()
      .then(() => run(stopping.signal, isFirst))
      .catch(onError)
      .finally(() => (underWay = undefined));
  }

  return {
    start() {
      pass(true);
      timer = setInterval(() => pass(false), everyMs).unref();
    },
    async close() {
      stopping.abort();
      clearInterval(timer);
      await underWay;
    },
  };
}
