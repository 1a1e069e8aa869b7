import { z } from 'zod';
import { inPlainWords } from '../../domain/plainWords.js';
import { AppError, type FieldProblem } from '../../platform/errors.js';

/** So many problems are named in an answer, and the others counted: what is sent must not decide what it costs. */
const MAX_PROBLEMS = 20;
/** Of a path in an answer: field names are the caller's, and may be as long as the body. */
const MAX_PATH = 300;
/** Of a message: one that lists what is allowed is to be read to its end. */
const MAX_WORDS = 2000;

/** Parses what came in; what is wrong with it is answered at once, each problem with the path of its field. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input ?? {}, { error: inPlainWords });
  if (parsed.success) return parsed.data;
  const { fields, omitted } = problemsOf(parsed.error);
  throw invalidInput(fields, omitted);
}

/** What a schema found wrong, as far as an answer names it. */
export function problemsOf(error: z.ZodError): { fields: FieldProblem[]; omitted: number } {
  const fields: FieldProblem[] = [];
  let found = 0;
  for (const issue of error.issues) {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
    found += unknown?.length ?? 1;
    if (fields.length >= MAX_PROBLEMS) continue;
    if (unknown === undefined) fields.push({ path: issue.path.join('.'), message: issue.message });
    for (const key of unknown?.slice(0, MAX_PROBLEMS - fields.length) ?? [])
      fields.push({ path: [...issue.path, key].join('.'), message: 'There is no such field' });
  }
  return { fields, omitted: found - fields.length };
}

/** `omitted` problems more were found than `fields` names. */
export function invalidInput(fields: readonly FieldProblem[], omitted = 0): AppError {
  const named = fields
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => ({ path: bounded(path, MAX_PATH), message: bounded(message, MAX_WORDS) }));
  const omittedFields = omitted + fields.length - named.length;
  const words = named.map(({ path, message }) =>
    path && !message.startsWith(path) ? `${path}: ${message}` : message,
  );
  const more = omittedFields > 0 ? [`and ${omittedFields} problems more`] : [];
  return new AppError('invalid_input', [...words, ...more].join('; '), {
    fields: named,
    ...(omittedFields > 0 && { omittedFields }),
  });
}

const bounded = (text: string, max: number) => (text.length > max ? `${text.slice(0, max)}…` : text);

/**
 * A list of so many at most. Its length is looked at before its items are: a schema reports each of a million items
 * that is wrong, and each report costs memory.
 */
export function shortList<T extends z.ZodType>(item: T, max: number, min = 1) {
  return z.preprocess((list, context) => {
    if (!Array.isArray(list) || list.length <= max) return list;
    context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input: list });
    return z.NEVER;
  }, z.array(item).min(min).max(max));
}

const MAX_BIGINT = 2n ** 63n - 1n;

function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= MAX_BIGINT;
}

/** An id of ours, of a lane or an event: a bigint as text. */
export const idSchema = z
  .string()
  .refine(isId, 'is not an id')
  .meta({ id: 'Id', description: 'An id of ours', example: '17', pattern: '^[1-9][0-9]{0,18}$' });

/** HubSpot's number of a portal; HubSpot and people write it as a string, too. */
export const portalIdSchema = z
  .union([z.string(), z.number()], 'must be the number of a portal')
  .refine((value) => /^[1-9]\d{0,14}$/.test(String(value)), 'must be the number of a portal')
  .transform(Number)
  .meta({
    description: "HubSpot's number of a portal, as a number or as text",
    example: 41_000_009,
    override: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 },
        { type: 'string', pattern: '^[1-9][0-9]{0,14}$' },
      ],
    },
  });

/** Spelled out: it stands in the API's description, and not every reader of that knows the classes of Unicode. */
const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f`;
const WITHOUT_CONTROLS = new RegExp(`^[^${CONTROLS}]*$`, 'u');

/** Text that people type: not empty, bounded, without control characters (Postgres takes no NUL). */
export function textSchema(maxLength: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(WITHOUT_CONTROLS, 'must not contain control characters');
}

/** A moment, as a Date. */
export const timeSchema = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
  .transform((text) => new Date(text));

/** How many items of a list are asked for. */
export const limitSchema = (max: number, usual: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(max)
    .default(usual)
    .meta({
      description: 'How many at most',
      override: { type: 'integer', minimum: 1, maximum: max, default: usual },
    });

/**
 * What a list takes beside its filters, the same everywhere. To its caller the cursor is text without a meaning; `of`
 * reads it.
 */
export const pageQuery = <Read>(of: z.ZodType<Read, string | number>, max = 200) => ({
  after: z
    .string()
    .max(1000)
    .meta({ description: '`next` of the page before' })
    .pipe(of as z.ZodType<Read, string>)
    .optional(),
  limit: limitSchema(max, 50),
});

/** A change of some of these fields, and of one at least. */
export function changing<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .strictObject(shape)
    .partial()
    .refine((change) => Object.keys(change).length > 0, {
      error: 'names nothing to change',
      when: ({ issues }) => issues.length === 0,
    })
    .meta({ override: { minProperties: 1 } });
}

/** The same words, whether it does not exist or belongs to somebody else. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `There is no such ${what}`);
}
