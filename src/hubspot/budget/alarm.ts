/** Runs work when it is time, one run at a time. */
export interface Alarm {
  /** Runs the work at `at` (monotonic) at the latest. A run that is under way looks at everything when it ends. */
  wakeAt(at: number): void;
  /** Runs the work a last time. A later `wakeAt` still has it run, if the process lives for long enough. */
  stop(): Promise<void>;
}

/** `nextAt` says after each run when the next one is due; `Infinity`: none is. */
export function createAlarm(work: () => Promise<void>, nextAt: () => number): Alarm {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;
  let stopped = false;

  function wakeAt(at: number): void {
    if (running || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(run, Math.max(0, Math.ceil(at - performance.now())));
    if (stopped) timer.unref();
  }

  function run(): void {
    timer = undefined;
    timerAt = Infinity;
    if (running) return;
    running = work().finally(() => {
      running = undefined;
      wakeAt(nextAt());
    });
  }

  return {
    wakeAt,
    async stop() {
      stopped = true;
      await running;
      run();
      await running;
      clearTimeout(timer);
      timerAt = Infinity;
    },
  };
}
