import type { Option } from './definitions.js';

export type FoundOption<O extends Option> =
  | { readonly option: O; /** Not by its value, as HubSpot writes it. */ readonly guessed: boolean }
  /** Several may be meant, or none of those that there are. */
  | { readonly candidates: readonly O[] };

const MOST_NAMED = 20;

/**
 * The option that a word means: that whose value it is, else its label, else either without regard to case, else the
 * only one that begins with it. Never one of several.
 */
export function optionOf<O extends Option>(word: string, options: readonly O[]): FoundOption<O> {
  const exact = options.find(({ value }) => value === word);
  if (exact) return { option: exact, guessed: false };
  const small = plain(word);
  if (small === '') return { candidates: [] };
  const ways: readonly ((option: O) => boolean)[] = [
    ({ label }) => label === word,
    ({ value, label }) => plain(value) === small || plain(label) === small,
    ({ value, label }) => plain(value).startsWith(small) || plain(label).startsWith(small),
  ];
  for (const isMeant of ways) {
    const [found, ...others] = options.filter(isMeant);
    if (found && others.length === 0) return { option: found, guessed: true };
    if (found) return { candidates: [found, ...others] };
  }
  return { candidates: [] };
}

/** Says which option was not found among these, and which there are. */
export function noOption(
  word: string,
  { candidates }: { readonly candidates: readonly Option[] },
  options: readonly Option[],
): string {
  const [several, named] =
    candidates.length > 0 ? ['may mean any of', candidates] : ['is none of its values, which are', options];
  return `"${cut(word)}" ${several} ${listed(named)}`;
}

/** How a word was understood. */
export function taken(word: string, { value, label }: Option): string {
  return `"${cut(word)}" was taken as ${value}${label === value ? '' : ` (${label})`}`;
}

function listed(options: readonly Option[]): string {
  const names = options
    .slice(0, MOST_NAMED)
    .map(({ value, label }) => (label === value ? value : `${value} (${label})`));
  const more = options.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const LONGEST = 60;
const cut = (word: string) => (word.length > LONGEST ? `${word.slice(0, LONGEST)}…` : word);

function plain(text: string): string {
  return text.normalize('NFC').trim().toLowerCase();
}
