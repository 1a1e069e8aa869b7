import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/hubspot/backoff.js';
import { isTransientDatabaseError } from './pool.js';

interface Patience {
  /** Whether another try is worth it, after `attempt` of them. Not asked for errors that a repeat cannot mend. */
  readonly goOn: (attempt: number) => boolean;
  /** Called before each pause. */
  readonly onFailure: (error: unknown, attempt: number) => void;
  readonly maxPauseMs: number;
  readonly random?: () => number;
}

/**
 * Repeats `statement` while the database is away or busy, with growing pauses. For results that would be lost if they
 * were not stored.
 */
export async function untilAnswered<T>(
  statement: () => Promise<T>,
  { goOn, onFailure, maxPauseMs, random = Math.random }: Patience,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      if (!isTransientDatabaseError(error) || !goOn(attempt)) throw error;
      onFailure(error, attempt);
      await delay(backoffMs(attempt, { baseMs: 100, maxMs: maxPauseMs, random }));
    }
  }
}
