/** Which properties of a type are kept: all of them, those of a list, or all but those of a list. */
export const SELECTION_MODES = ['all', 'include', 'exclude'] as const;
export type SelectionMode = (typeof SELECTION_MODES)[number];

export interface PropertySelection {
  readonly mode: SelectionMode;
  readonly names: readonly string[];
}

/** Of these names those that are kept, in order. */
export function kept({ mode, names }: PropertySelection, there: readonly string[]): string[] {
  const listed = new Set(names);
  return there.filter((name) => mode === 'all' || listed.has(name) === (mode === 'include')).sort();
}

/** What is still to be done in the mirror. */
export interface Pending {
  /** To be read of the records that are there already. */
  readonly filling: readonly string[];
  /** To be taken out. */
  readonly dropping: readonly string[];
}

/** What is to be done once other names are kept than before. A mirror that was never read has nothing to be mended. */
export function pendingAfter(
  before: Pending & { readonly kept: readonly string[] | null },
  now: readonly string[],
): Pending {
  if (before.kept === null) return { filling: [], dropping: [] };
  const had = new Set(before.kept);
  const has = new Set(now);
  const filling = [...before.filling, ...now.filter((name) => !had.has(name))];
  const dropping = [...before.dropping, ...before.kept.filter((name) => !has.has(name))];
  return {
    filling: [...new Set(filling)].filter((name) => has.has(name)).sort(),
    dropping: [...new Set(dropping)].filter((name) => !has.has(name)).sort(),
  };
}
