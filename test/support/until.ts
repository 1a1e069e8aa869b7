import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls the probe again and again until its answer is neither false nor missing, and returns that. A probe that
 * throws is called again, since a server may be away. At the deadline it throws with the description and the last
 * error.
 */
export async function until<T>(
  description: string,
  probe: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  deadlineMs: number,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await probe();
      if (answer !== false && answer !== undefined && answer !== null) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const seen = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`Not within ${deadlineMs} ms: ${description}${seen}`, { cause });
    }
    await delay(everyMs);
  }
}
