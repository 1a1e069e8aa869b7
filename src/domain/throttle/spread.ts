import { clip } from './clip.js';

/** `spread`: null where nothing is said, undefined where it cannot be read; then it stays as it was. */
export interface SpreadRead {
  readonly spread: boolean | null | undefined;
  readonly problem: string | null;
}

/** Whether a step wants even intervals instead of bursts, from an input field. */
export function spreadOf(value: unknown): SpreadRead {
  const said = typeof value === 'string' ? value.trim().toLowerCase() : (value ?? '');
  if (said === '') return { spread: null, problem: null };
  if (said === true || said === 'true') return { spread: true, problem: null };
  if (said === false || said === 'false') return { spread: false, problem: null };
  return {
    spread: undefined,
    problem: `spread "${clip(value)}" is neither true nor false; it stays as it was`,
  };
}
