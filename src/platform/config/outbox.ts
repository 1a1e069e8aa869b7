import { z } from 'zod';
import { count, databaseUrl, milliseconds, words } from './values.js';

/** HUBSPOT_ENABLED and HUBSPOT_SEND_LIVE are the outbox's alone: the throttle asks neither. */
export const outboxSchema = {
  OUTBOX_DATABASE_URL: databaseUrl.optional(),
  HUBSPOT_ENABLED: z.stringbool().default(false),
  HUBSPOT_SEND_LIVE: z.stringbool().default(false),
  OUTBOX_POLL_INTERVAL_MS: milliseconds.min(10).default(100),
  OUTBOX_BATCH_SIZE: count(1, 100).default(100),
  OUTBOX_MAX_ATTEMPTS: count(1, 100).default(10),
  OUTBOX_RATE_PER_SECOND: z.coerce.number().positive().max(1000).optional(),
  OUTBOX_CIRCUIT_FAILURES: count(2, 10_000).default(10),
  OUTBOX_CIRCUIT_COOL_DOWN_MS: milliseconds.min(100).default(60_000),
  OUTBOX_RETENTION_DAYS: count(1, 3650).default(30),
  OUTBOX_DEAD_LETTER_DAYS: count(1, 3650).default(180),
  OUTBOX_CREATE_PROPERTIES: z.stringbool().default(true),
  OUTBOX_PROPERTY_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be how names of properties begin')
    .default('sluice_'),
  OUTBOX_PROPERTY_GROUP: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,49}$/, 'must be the name of a group of properties')
    .default('sluice'),
  HUBSPOT_APP_EVENTS: words.default([]),
  OUTBOX_REDRIVE_PER_SECOND: z.coerce.number().positive().max(1000).default(50),
  OUTBOX_CONTACT_KEY_PROPERTY: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be the name of a property')
    .optional(),
};
