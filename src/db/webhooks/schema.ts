import { sql } from 'drizzle-orm';
import { bigint, boolean, index, jsonb, pgSequence, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, hubspotId, id, instant, workspaceId } from '../columns.js';

/*
 * What HubSpot's webhooks said. An event is stored with the records that are to be read for it, in one transaction,
 * before HubSpot is answered. Values of properties are not stored: the record is read.
 */

/** Events, in partitions by the day on which they happened, which is part of what tells a repeat. */
export const webhookEvents = pgTable(
  'webhook_events',
  {
    /** By HubSpot's clock; of what cannot be, when it came. */
    occurredAt: instant().notNull(),
    /** Of all that tells it from others (domain/webhooks/webhookEvent.ts). */
    key: bytea().notNull(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    receivedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    subscriptionType: text().notNull(),
    subscriptionId: text(),
    eventId: text(),
    /** The record that it is about. */
    objectType: text(),
    recordId: id(),
    property: text(),
    changeSource: text(),
    /** So many records are read for it. 0: their types are not mirrored, or the mirror is paused or not loaded yet. */
    reads: bigint({ mode: 'number' }).notNull(),
    /** Where it is not understood: all of it. */
    event: jsonb(),
  },
  (table) => [
    primaryKey({ columns: [table.occurredAt, table.key] }),
    index('webhook_events_received').on(table.workspaceId, table.receivedAt, table.key),
  ],
);

export const webhookReadVersions = pgSequence('webhook_read_versions');

/** Records that are to be read, since events have named them: one row each, however many events. */
export const webhookReads = pgTable(
  'webhook_reads',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    recordId: id().notNull(),
    /** Grows with each event: a read that began before does not count for it. */
    version: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`nextval('webhook_read_versions')`),
    /** Its associations too. */
    associations: boolean().notNull(),
    /** HubSpot has erased it for a person. */
    erases: boolean().notNull(),
    askedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.recordId] })],
);

/** Events of portals that are nobody's here: whose they would be is not known, so nobody is shown them. */
export const webhookStrays = pgTable(
  'webhook_strays',
  {
    key: bytea().primaryKey(),
    portalId: hubspotId().notNull(),
    occurredAt: instant().notNull(),
    receivedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    reason: text({ enum: ['unknown_portal', 'disconnected_portal'] }).notNull(),
    subscriptionType: text().notNull(),
    objectType: text(),
    recordId: id(),
  },
  (table) => [index('webhook_strays_received').on(table.receivedAt)],
);
