import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** What others may use of the machine while something is measured on it. */
const MAX_CORES = 0.15;
const LOOK_MS = 2000;

/**
 * Waits until nobody else uses the machine, for at most `withinMs`, and returns how many cores are in use. When it does
 * not become quiet it rejects: what is measured beside something else is no measurement. Unless `refuse` is false.
 */
export async function quietMachine(options: {
  withinMs: number;
  refuse: boolean;
  say: (line: string) => void;
}): Promise<number> {
  const deadline = performance.now() + options.withinMs;
  for (;;) {
    const cores = await coresInUse();
    if (cores <= MAX_CORES) return cores;
    const trouble = `The machine is not quiet: others use ${cores.toFixed(2)} cores, more than ${MAX_CORES}`;
    if (performance.now() > deadline) {
      if (options.refuse) throw new Error(trouble);
      options.say(`${trouble}; measured all the same`);
      return cores;
    }
    options.say(`${trouble}; waiting …`);
  }
}

async function coresInUse(): Promise<number> {
  const before = busyMs();
  const from = performance.now();
  await delay(LOOK_MS);
  return (busyMs() - before) / (performance.now() - from);
}

/** Of all cores together since the machine was started. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
