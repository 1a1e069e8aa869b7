import { z } from 'zod';
import { inPlainWords } from '../../../domain/plainWords.js';
import type { OptionsPage } from '../../../sdk/actions/field.js';

/** People look through no more, and an answer stays small. */
const MAX_OPTIONS = 1000;
const MAX_CHARACTERS = 200_000;

const text = (max: number) => z.string().max(max);
const pageSchema = z.object({
  options: z
    .array(z.object({ label: text(500), value: text(2000).min(1), description: text(1000).optional() }))
    .max(MAX_OPTIONS),
  after: text(2000).min(1).optional(),
  searchable: z.boolean().optional(),
});

/** A page as HubSpot gets it. */
export interface CheckedPage {
  readonly page: OptionsPage;
  /** Of its JSON: about what it takes in memory. */
  readonly characters: number;
}

/** What a function for options gave is no page. The message says what it must be, and quotes none of it. */
export class InvalidOptions extends Error {
  override readonly name = 'InvalidOptions';
}

/** What a function for options gave, without what HubSpot has no use for. Throws an InvalidOptions. */
export function checkPage(given: unknown): CheckedPage {
  const parsed = pageSchema.safeParse(given, { error: inPlainWords });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InvalidOptions(`${issue?.path.join('.') || 'the page'} ${issue?.message ?? 'is not valid'}`);
  }
  const characters = JSON.stringify(parsed.data).length;
  if (characters > MAX_CHARACTERS)
    throw new InvalidOptions(`the page has more than ${MAX_CHARACTERS} characters: give it in smaller ones`);
  return { page: parsed.data as OptionsPage, characters };
}
