import type { AssociationType } from '../outbox/effects.js';
import type { LabelDefinition, Note, Problem } from './definitions.js';
import { noOption, optionOf, taken } from './optionOf.js';
import { LINKS, type LinkingStep } from './steps.js';

/* The labels that associations of a registration are to have. */

/** By the step that makes them; `labels` are names, or type ids. */
export type AskedAssociations = {
  readonly [Step in LinkingStep]?: { readonly labels?: readonly (string | number)[] | undefined } | undefined;
};

/** The same as HubSpot has it. */
export type CheckedAssociations = Readonly<
  Partial<Record<LinkingStep, { readonly types?: readonly AssociationType[] }>>
>;

/** Of each step that is asked for labels, those that the portal has. */
export type Labels = Readonly<Partial<Record<LinkingStep, readonly LabelDefinition[]>>>;

/** Whose labels have to be known. */
export function labelledSteps(associations: AskedAssociations | undefined): LinkingStep[] {
  return (Object.keys(LINKS) as LinkingStep[]).filter(
    (step) => (associations?.[step]?.labels ?? []).length > 0,
  );
}

export function labelsOf(
  asked: AskedAssociations,
  known: Labels,
): {
  readonly associations: CheckedAssociations;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
} {
  const associations: Partial<Record<LinkingStep, { types?: AssociationType[] }>> = {};
  const notes: Note[] = [];
  const problems: Problem[] = [];
  for (const step of Object.keys(asked) as LinkingStep[]) {
    const labels = asked[step]?.labels ?? [];
    associations[step] = {};
    const types: AssociationType[] = [];
    for (const [n, word] of labels.entries()) {
      const path = `associations.${step}.labels.${n}`;
      const found = labelOf(String(word), known[step] ?? []);
      if ('problem' in found) {
        problems.push({ path, message: found.problem });
        continue;
      }
      const { category, typeId } = found.label;
      types.push({ category, typeId });
      if (found.note !== undefined) notes.push({ path, message: found.note });
    }
    if (types.length > 0) associations[step] = { types };
  }
  return { associations, notes, problems };
}

/** By its type id, else by its name, as the options of a property are found. */
function labelOf(
  word: string,
  labels: readonly LabelDefinition[],
): { readonly label: LabelDefinition; readonly note?: string } | { readonly problem: string } {
  if (labels.length === 0)
    return { problem: 'The portal has no labels for these associations: make one there, or leave them out' };
  const options = labels.map((one) => ({ ...one, value: String(one.typeId) }));
  const sameId = options.filter(({ value }) => value === word);
  const found = sameId.length > 1 ? { candidates: sameId } : optionOf(word, options);
  if ('candidates' in found) return { problem: noOption(word, found, options) };
  const { option, guessed } = found;
  return option.label === word || !guessed ? { label: option } : { label: option, note: taken(word, option) };
}
