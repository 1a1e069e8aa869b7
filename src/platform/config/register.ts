import { z } from 'zod';
import { count, milliseconds } from './values.js';

/** `POST /crm/register`. */
export const registerSchema = {
  /** A phone number that cannot be read is refused; else it is kept as it was given. */
  REGISTER_REFUSE_PHONES: z.stringbool().default(false),
  /** Open ones of a portal: then no more are taken. */
  REGISTER_MAX_OPEN: count(1, 1_000_000).default(10_000),
  REGISTER_MAX_ATTEMPTS: count(1, 100).default(10),
  REGISTER_FIRST_PAUSE_MS: milliseconds.min(10).default(500),
};
