import { z } from 'zod';

/*
 * Whether a list of pages goes round in a circle, however long: one of its pages is kept in mind, a later one each time
 * that as many have passed as before it. It is stored with the place in the list.
 */

export const repetitionSchema = z.object({
  kept: z.string().optional(),
  passed: z.number().int().nonnegative(),
  most: z.number().int().positive(),
});
export type Repetition = z.output<typeof repetitionSchema>;

/** After one more page of the list: `next` is what it names as its next one. */
export function passOn(before: Repetition | undefined, next: string): Repetition | 'repeated' {
  const { kept, passed, most } = before ?? { kept: undefined, passed: 0, most: 1 };
  if (next === kept) return 'repeated';
  return passed + 1 === most ? { kept: next, passed: 0, most: most * 2 } : { kept, passed: passed + 1, most };
}
