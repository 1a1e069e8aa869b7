import { setTimeout as delay } from 'node:timers/promises';

/** Works once a second until the signal; work that takes longer skips seconds. */
export async function everySecond(end: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!end.aborted) {
    const from = performance.now();
    await work();
    await pause(Math.max(0, 1000 - (performance.now() - from)), end);
  }
}

/** Resolves after the time, or at the signal. */
export async function pause(ms: number, end: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: end });
  } catch (error) {
    if (!end.aborted) throw error;
  }
}
