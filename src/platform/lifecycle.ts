import type { Logger } from './logger.js';

export interface Lifecycle {
  /** Between `ready()` and the first signal. */
  readonly isReady: boolean;
  readonly stopping: boolean;
  /** Registers a step of the shutdown. Steps run one after the other, the last registered first. */
  onStop(name: string, step: () => unknown): void;
  /** From now on the process can do its work. */
  ready(): void;
  /** Stops in order and ends the process: with `exitCode`, or with 1 when a step fails or outlives the deadline. */
  stop(reason: string, exitCode?: number): Promise<void>;
}

/** Something that runs for as long as its process; each step is optional. */
export interface Running {
  /** Begins what it does by itself; the process is wired by then. */
  start?(): void;
  /** Ends what is under way: before the server or the worker ends, or beside it. */
  drain?(): Promise<void>;
  /** Gives back what it holds, after the server or the worker has ended. */
  close?(): Promise<void>;
}

interface Dependencies {
  readonly logger: Logger;
  readonly deadlineMs: number;
  readonly exit?: (code: number) => void;
  readonly signals?: Pick<NodeJS.EventEmitter, 'on'>;
}

/**
 * One orderly end for every process: readiness red, steps in reverse order, exit within the deadline. A second signal
 * exits at once.
 */
export function createLifecycle({
  logger,
  deadlineMs,
  exit = (code) => process.exit(code),
  signals = process,
}: Dependencies): Lifecycle {
  const steps: { name: string; run: () => unknown }[] = [];
  let isReady = false;
  let stopping = false;
  let running = 'nothing yet';

  async function stop(reason: string, exitCode = 0): Promise<void> {
    if (stopping) return exit(1);
    stopping = true;
    isReady = false;
    logger.info('Stopping', { reason });
    const deadline = setTimeout(() => {
      logger.error(`Not stopped within ${deadlineMs} ms: "${running}" hangs`, { step: running });
      exit(1);
    }, deadlineMs);
    let code = exitCode;
    for (const { name, run } of steps.reverse()) {
      running = name;
      try {
        await run();
      } catch (error) {
        logger.error(`Could not stop "${name}" in order`, { step: name, error });
        code = 1;
      }
    }
    clearTimeout(deadline);
    logger.info('Stopped', { exitCode: code });
    exit(code);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) signals.on(signal, () => void stop(signal));
  return {
    get isReady() {
      return isReady;
    },
    get stopping() {
      return stopping;
    },
    onStop: (name, run) => void steps.push({ name, run }),
    ready: () => void (isReady = !stopping),
    stop,
  };
}
