import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `probe` again and again until it answers something true, and returns that. Gives up at the deadline, or at once
 * when `stop` throws (a process that has died will never be ready).
 * @template T
 * @param {() => Promise<T> | T} probe
 * @param {{ deadlineMs: number, everyMs?: number, stop?: () => void, late: () => Error }} options
 */
export async function until(probe, { deadlineMs, everyMs = 40, stop, late }) {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    stop?.();
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > deadline) throw late();
    await delay(everyMs);
  }
}
