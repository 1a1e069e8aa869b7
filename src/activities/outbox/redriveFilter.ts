import { z } from 'zod';
import type { DeadLetterFilter } from '../../db/outbox/deadLetters.js';
import type { DryRunFilter } from '../../db/outbox/replay.js';

/* The filters of redrives as they stand in their rows: JSON, read again by whoever moves the next page. */

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const deadLetters = z.object({
  ids: z.array(z.string()).optional(),
  portalId: z.number().optional(),
  type: z.string().optional(),
  state: z.enum(['dead', 'invalid', 'discarded']).optional(),
  errorClass: z.string().optional(),
  since: time.optional(),
});

const dryRun = z.object({ since: time, portalId: z.number().optional(), type: z.string().optional() });

export function parseDeadLetterFilter(stored: unknown): DeadLetterFilter {
  return deadLetters.parse(stored);
}

export function parseDryRunFilter(stored: unknown): DryRunFilter {
  return dryRun.parse(stored);
}
