import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, hubspotId, instant, workspaceId } from '../columns.js';

/**
 * Records that were erased, so that none of them comes back: no id, but its HMAC under a secret of the workspace
 * (`workspaces.tombstone_secret`). Whoever has the table alone cannot tell of a record whether it stands in it.
 */
export const crmTombstones = pgTable(
  'crm_tombstones',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    mark: bytea().notNull(),
    erasedAt: instant().notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.mark] })],
);

/** What is still to be erased of a record. Once it is done, the row says that it was, and no longer of whom. */
export const erasures = pgTable(
  'erasures',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    mark: bytea().notNull(),
    /** The ids and words to look for; null: it is done. */
    subject: jsonb(),
    /** Where it goes on: the place, and the key after which. Null: at the beginning. */
    place: jsonb(),
    /** How many rows, by table. */
    erased: jsonb().notNull().default({}),
    requestedBy: text().notNull(),
    requestedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Null: it is done. */
    dueAt: instant().default(sql`clock_timestamp()`),
    doneAt: instant(),
    failuresInARow: integer().notNull().default(0),
    lastError: text(),
    /** In the order in which they were asked for. */
    n: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [
    index('erasures_workspace').on(table.workspaceId, table.n),
    index('erasures_due').on(table.dueAt),
    index('erasures_done').on(table.doneAt),
  ],
);
