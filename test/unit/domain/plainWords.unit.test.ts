import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { inPlainWords } from '../../../src/domain/plainWords.js';

const wordsOf = (schema: z.ZodType, input: unknown): string | undefined =>
  schema.safeParse(input, { error: inPlainWords }).error?.issues[0]?.message;

describe('what does not fit a schema', () => {
  it.each([
    ['is missing', z.object({ name: z.string() }), {}],
    ['must be a text', z.string(), 7],
    ['must be a number', z.number(), 'seven'],
    ['must be a number', z.coerce.number(), 'seven'],
    ['must be a whole number', z.number().int(), 1.5],
    ['must be true or false', z.boolean(), 'yes'],
    ['must be a list', z.array(z.string()), {}],
    ['must be an object', z.object({}), 'x'],
    ['must be an object', z.record(z.string(), z.string()), 'x'],
    ['must be one of live, shadow', z.enum(['live', 'shadow']), 'dark'],
    ['must be live', z.literal('live'), 'dark'],
    ['must not be empty', z.string().min(1), ''],
    ['must not be empty', z.array(z.string()).min(1), []],
    ['must have at least 2 characters', z.string().min(2), 'a'],
    ['must have at most 1 character', z.string().max(1), 'ab'],
    ['must have at most 2 items', z.array(z.string()).max(2), ['a', 'b', 'c']],
    ['must be at least 1', z.number().min(1), 0],
    ['must be more than 0', z.number().positive(), 0],
    ['must be at most 100', z.number().max(100), 101],
    ['must be an e-mail address', z.email(), 'a'],
    ['must be a URL', z.url(), 'a'],
    ['must be an id of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', z.uuid(), 'a'],
    ['must be a time such as 2027-01-01T00:00:00Z', z.iso.datetime(), 'today'],
    ['must be a day such as 2027-01-31', z.iso.date(), 'today'],
    ['must begin with "whsec_"', z.string().startsWith('whsec_'), 'a'],
    ['has not the form that it must have', z.string().regex(/^a$/), 'b'],
    ['must be a multiple of 5', z.number().multipleOf(5), 4],
    ['has no field "x", "y"', z.strictObject({}), { x: 1, y: 2 }],
    ['has none of the forms that it may have', z.union([z.string(), z.number()]), true],
  ])('is told as: %s', (words, schema, input) => {
    expect(wordsOf(schema, input)).toBe(words);
  });

  it('is told by the schema itself where that has words', () => {
    expect(wordsOf(z.string('must be a key'), 7)).toBe('must be a key');
    expect(
      wordsOf(
        z.string().refine(() => false, 'is not an id'),
        'a',
      ),
    ).toBe('is not an id');
  });
});
