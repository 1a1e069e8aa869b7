import { z } from 'zod';
import { parseRate } from '../../domain/throttle/rate.js';
import { Secret } from '../secret.js';

/* The forms that values of the environment have. */

export const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
export const milliseconds = z.coerce.number().int().nonnegative();

export const origin = z
  .url()
  .refine(
    (value) => new URL(value).pathname === '/',
    'must be an origin without a path, e.g. https://sluice.example.com',
  )
  .transform((value) => new URL(value).origin);

/** Words separated by commas or spaces, each once. */
export const words = z.string().transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]);

export const origins = z.string().transform((text, context) =>
  text.split(',').map((one) => {
    const parsed = origin.safeParse(one.trim());
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must be origins without a path, comma-separated' });
    return z.NEVER;
  }),
);

export const rate = z.string().transform((text, context) => {
  const parsed = parseRate(text);
  if (parsed.ok) return parsed.rate;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

/** A TCP port; 0 lets the system choose one. */
export const port = z.coerce.number().int().min(0).max(65_535);

/** A whole number within bounds. */
export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
