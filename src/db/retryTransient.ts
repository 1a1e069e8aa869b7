import { isTransientDatabaseError } from './pool.js';

const MAX_ATTEMPTS = 3;

/**
 * Tries at most three times, without a pause: for a short transaction that others may get in the way of (a deadlock, a
 * lost connection). It must be safe to repeat. A result that must not be lost is stored by `untilAnswered`.
 */
export async function retryTransient<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isTransientDatabaseError(error)) throw error;
    }
  }
}
