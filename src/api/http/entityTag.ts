import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../platform/errors.js';

/*
 * Two people may edit one thing. Who read it and changes it says with `If-Match` what they have seen; where it is no
 * longer so, nothing is changed. A tag names what people set, not what is counted beside it, or it would hold for a
 * moment only.
 */

/** Named by an operation that answers with a tag. */
export const ETAG = { etag: 'Names what is set there: send it as `If-Match` with a change' } as const;

/** The headers of an operation that changes something that has a tag. */
export const ifMatchHeaders = z.object({
  'if-match': z
    .string()
    .max(1000)
    .optional()
    .meta({ description: 'The `ETag` that was read: nothing is changed where it no longer holds' }),
});

/** The headers of an operation that is asked again and again for what mostly is as it was. */
export const ifNoneMatchHeaders = z.object({
  'if-none-match': z
    .string()
    .max(1000)
    .optional()
    .meta({ description: 'The `ETag` that was answered: the same is answered by 304 without a body' }),
});

/** An answer with its tag; without a body where its caller has it already. */
export function tagged<Body>(ifNoneMatch: string | undefined, body: Body, more: Record<string, string> = {}) {
  const etag = entityTag(body);
  const headers = { ...more, etag };
  return ifNoneMatch !== undefined && names(ifNoneMatch, etag)
    ? ({ status: 304, headers } as const)
    : ({ status: 200, headers, body } as const);
}

/** The tag of a value that is plain JSON once it is written. */
export function entityTag(value: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(value)).digest('base64url');
  return `"${hash.slice(0, 22)}"`;
}

/** Refuses a change whose author has seen something else; `current` is undefined where there is nothing (any more). */
export function requireMatch(ifMatch: string | undefined, current: string | undefined, what: string): void {
  if (ifMatch === undefined || (current !== undefined && names(ifMatch, current))) return;
  throw new AppError(
    'precondition_failed',
    `This ${what} is no longer what you have seen: read it again, then change it`,
  );
}

/**
 * Whether a header names this tag: a list of tags, or `*`. A proxy that compresses marks a tag as weak (`W/`); it names
 * settings and not bytes, so it holds all the same.
 */
export function names(header: string, tag: string): boolean {
  const given = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return given.includes('*') || given.includes(tag);
}
