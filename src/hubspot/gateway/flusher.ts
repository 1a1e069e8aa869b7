/** Writes out what has gathered: some time after it was asked for, one flush at a time, and never unasked. */
export interface Flusher {
  /** Flushes after the interval, should nothing flush sooner. */
  soon(): void;
  /** Flushes at once, unless a flush is under way. */
  now(): void;
  /** Flushes a last time. */
  stop(): Promise<void>;
}

/** `flush` never rejects: it deals with its failures, and says whether to try again. */
export function createFlusher(everyMs: number, flush: () => Promise<{ again: boolean }>): Flusher {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  function run(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    running ??= flush().then(({ again }) => {
      running = undefined;
      if (again) soon();
    });
    return running;
  }

  function soon(): void {
    if (timer || running || stopped) return;
    timer = setTimeout(() => void run(), everyMs);
    timer.unref(); // `stop` flushes what is left
  }

  return {
    soon,
    now: () => void run(),
    async stop() {
      stopped = true;
      await running;
      await run();
    },
  };
}
