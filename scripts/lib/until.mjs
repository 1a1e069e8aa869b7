import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `probe` again and again until it returns something truthy, and returns that. Throws what `late` returns at the
 * deadline, and at once what `stop` throws: a process that has died will never be ready.
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
