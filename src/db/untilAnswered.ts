import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/hubspot/backoff.js';
import { isOurMistake } from './pool.js';

interface Patience {
  /** Whether another try is worth it, after `attempt` of them. Not asked for what is our own mistake. */
  readonly goOn: (attempt: number, error: unknown) => boolean;
  /** Called before each pause. */
  readonly onFailure: (error: unknown, attempt: number) => void;
  readonly maxPauseMs: number;
  readonly random?: () => number;
}

/**
 * Repeats `statement` with growing pauses, whatever the database says, unless the statement is provably wrong. For
 * results that would be lost if they were not stored.
 */
export async function untilAnswered<T>(
  statement: () => Promise<T>,
  { goOn, onFailure, maxPauseMs, random = Math.random }: Patience,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      if (isOurMistake(error) || !goOn(attempt, error)) throw error;
      onFailure(error, attempt);
      await delay(backoffMs(attempt, { baseMs: 100, maxMs: maxPauseMs, random }));
    }
  }
}
