import type { Request } from 'express';
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';

/** Parses what came in; everything that is wrong with it is answered at once, each with the path of its field. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'There is no such field' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  throw invalidInput(fields);
}

export function invalidInput(fields: { path: string; message: string }[]): AppError {
  const message = fields
    .map(({ path, message: text }) => (path && !text.startsWith(path) ? `${path}: ${text}` : text))
    .join('; ');
  return new AppError('invalid_input', message, { fields });
}

const MAX_BIGINT = 2n ** 63n - 1n;

function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= MAX_BIGINT;
}

/** An id of ours in a query or a body: a bigint as text. */
export const idSchema = z.string().refine(isId, 'is not an id');

/** HubSpot's number of a portal; HubSpot and people write it as a string, too. */
export const portalIdSchema = z
  .union([z.string(), z.number()], 'must be the number of a portal')
  .refine((value) => /^[1-9]\d{0,14}$/.test(String(value)), 'must be the number of a portal')
  .transform(Number);

/** Text that people type: not empty, bounded, without control characters (Postgres takes no NUL). */
export function textSchema(maxLength: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters');
}

/** A moment, as a Date. */
export const timeSchema = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
  .transform((text) => new Date(text));

/** How many items of a list are asked for. */
export const limitSchema = (max: number, usual: number) =>
  z.coerce.number().int().min(1).max(max).default(usual);

/** An id from the path. What cannot be an id is answered like an id that does not exist. */
export function pathId(request: Request, name: string, what: string): string {
  const value = request.params[name];
  if (typeof value === 'string' && isId(value)) return value;
  throw notFound(what);
}

/** The same words, whether it does not exist or belongs to somebody else. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `There is no such ${what}`);
}
