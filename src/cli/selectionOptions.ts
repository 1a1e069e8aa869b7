import { CliError } from './errors.js';

/** Which properties are to be kept: all, unless told. */
export function selectionOf(include: string | undefined, exclude: string | undefined) {
  const named = (names: string) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  if (include !== undefined && exclude !== undefined)
    throw new CliError('Name what to include, or what to exclude', 2);
  if (include !== undefined) return { mode: 'include' as const, names: named(include) };
  if (exclude !== undefined) return { mode: 'exclude' as const, names: named(exclude) };
  return { mode: 'all' as const };
}
