import { bigint, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../columns.js';

/**
 * Who this installation is, to HubSpot and to others on the same Temporal namespace: a random id that is part of every
 * key that HubSpot gets. A restored or copied database takes a new one; events that were captured before keep theirs,
 * by their number. Of the service as a whole, so it has no workspace.
 */
export const installations = pgTable('installations', {
  id: text().primaryKey(),
  /** The first event that is this installation's. */
  fromEventId: bigint({ mode: 'bigint' }).notNull().unique('installations_from_event_id'),
  /** Which database of which server it was in when it took the id: `installation_place()`. */
  place: text().notNull(),
  reason: text().notNull(),
  madeAt: instant().notNull().defaultNow(),
});
