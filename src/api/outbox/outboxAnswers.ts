import { z } from 'zod';
import { portalId, time } from '../http/answers.js';

/** How the outbox of one portal stands. */
export const outboxPortalSchema = z
  .strictObject({
    portalId,
    awake: z.boolean().meta({ description: 'A delivery is at work' }),
    failuresInARow: z.number().int(),
    circuitOpenUntil: time.nullable().meta({ description: 'Nothing is sent before' }),
    pausedAt: time.nullable(),
    pauseReason: z.string().nullable(),
  })
  .meta({ id: 'OutboxPortal' });

export const EXAMPLE_OUTBOX_PORTAL = {
  portalId: 41_000_009,
  awake: true,
  failuresInARow: 0,
  circuitOpenUntil: null,
  pausedAt: null,
  pauseReason: null,
};
