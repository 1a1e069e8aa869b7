import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until the answer is neither false nor missing, and returns it. What throws has not happened
 * yet: a server that is away is asked again. At the deadline it says what was waited for, and what was seen last.
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
