/**
 * Runs `flush` some time after somebody asked for it, one at a time; nothing while nobody asks. A failure is the business of `flush`,
 * which says whether to try again.
 */
export interface Flusher {
  soon(): void;
  /** At once, unless it runs already. */
  now(): void;
  /** Runs it a last time. */
  stop(): Promise<void>;
}

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
    timer.unref(); // what is left is flushed by `stop`
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
