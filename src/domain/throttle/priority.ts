import { clip } from './clip.js';

/** From 1 to 9. Of those that wait in a lane the higher go first, equal ones as they came. */
export type Priority = number;

/** Where nothing is said. */
const DEFAULT_PRIORITY = 5;

/** `problem`: why what was written could not be taken, in words for the user. Null: the usual priority. */
export function priorityOf(value: unknown): {
  readonly priority: Priority | null;
  readonly problem: string | null;
} {
  const said = typeof value === 'string' ? value.trim() : (value ?? '');
  if (said === '') return { priority: null, problem: null };
  const number = Number(said);
  if (typeof said === 'object' || !Number.isInteger(number) || number < 1 || number > 9)
    return {
      priority: null,
      problem: `priority "${clip(value)}" is not a whole number from 1 to 9; it counts as ${DEFAULT_PRIORITY}`,
    };
  return { priority: number === DEFAULT_PRIORITY ? null : number, problem: null };
}
