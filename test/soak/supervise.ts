import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessHandle } from '../support/stack.js';

const LOOK_EVERY_MS = 250;

export interface Supervisor {
  /** How often a process was started again. */
  starts(): number;
  /** Ends the supervision; each process is ready when it resolves. */
  stop(): Promise<void>;
}

/** Starts again what ended, as whatever runs the service in production would. */
export function supervise(processes: readonly ProcessHandle[], say: (words: string) => void): Supervisor {
  const end = new AbortController();
  let starts = 0;
  const watch = async (process: ProcessHandle): Promise<void> => {
    while (!end.signal.aborted || !process.alive) {
      if (process.alive) {
        await delay(LOOK_EVERY_MS);
        continue;
      }
      starts += 1;
      process.start();
      // One that does not come up while its servers are away ends, and is started again.
      await process
        .waitReady()
        .catch((error: unknown) => say(`${process.name} did not come up: ${firstLine(error)}`));
    }
  };
  const watching = processes.map(watch);
  return {
    starts: () => starts,
    async stop() {
      end.abort();
      await Promise.all(watching);
    },
  };
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
