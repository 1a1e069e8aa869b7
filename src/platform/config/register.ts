import { z } from 'zod';
import { count, milliseconds } from './values.js';

/** `POST /crm/register`. */
export const registerSchema = {
  /** A phone number that cannot be read is refused; else it is kept as it was given. */
  REGISTER_REFUSE_PHONES: z.stringbool().default(false),
  REGISTER_MAX_ATTEMPTS: count(1, 100).default(10),
  REGISTER_FIRST_PAUSE_MS: milliseconds.min(10).default(500),
};
