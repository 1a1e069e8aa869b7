import { clip } from './clip.js';
import { wholeNumber } from './wholeNumber.js';

/**
 * What becomes of a record that comes while `maxWaiting` of its lane wait already. `skip`: it goes on at once. `fail`:
 * it goes on as failed.
 */
export interface QueueBound {
  readonly maxWaiting: number;
  readonly whenFull: 'skip' | 'fail';
}

/** What the input field offers. `wait`: it waits behind them, as where nothing is said. */
export const WHEN_FULL = ['wait', 'skip', 'fail'] as const;

/** Those that wait are counted as calls come. */
export const MAX_MAX_WAITING = 10_000;

/** Null: whoever comes waits. `problem`: why what was written could not be taken, in words for the user. */
export interface QueueBoundRead {
  readonly bound: QueueBound | null;
  readonly problem: string | null;
}

/** From two input fields. What cannot be taken bounds nothing: a record that waits is not lost. */
export function queueBoundOf(maxWaiting: unknown, whenFull: unknown): QueueBoundRead {
  const what = typeof whenFull === 'string' ? whenFull.trim().toLowerCase() : (whenFull ?? '');
  if (what === '' || what === 'wait') return { bound: null, problem: null };
  if (what !== 'skip' && what !== 'fail')
    return unread(`when_full "${clip(whenFull)}" is not one of ${WHEN_FULL.join(', ')}`);
  const most = wholeNumber(maxWaiting);
  if (most === undefined || most > MAX_MAX_WAITING)
    return unread(`max_waiting "${clip(maxWaiting)}" is not a whole number from 0 to ${MAX_MAX_WAITING}`);
  return { bound: { maxWaiting: most, whenFull: what }, problem: null };
}

function unread(problem: string): QueueBoundRead {
  return { bound: null, problem: `${problem}; the record waits however many do` };
}
