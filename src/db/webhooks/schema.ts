import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
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

/**
 * Records that are to be read, since events have named them: one row each, however many events. One that cannot be read
 * is put off alone, and ends after some tries, with its reason; an event that names it later asks for it anew.
 */
export const webhookReads = pgTable(
  'webhook_reads',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    /** 0: more than may wait one by one (webhook_take.sql): they are looked for together. */
    recordId: id().notNull(),
    /** Grows with each event: a read that began before does not count for it. */
    version: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`nextval('webhook_read_versions')`),
    /** Its associations too. */
    associations: boolean().notNull(),
    /** What has named it, first where both have. */
    source: text({ enum: ['webhook', 'journal'] })
      .notNull()
      .default('webhook'),
    /** HubSpot has erased it for a person. */
    erases: boolean().notNull(),
    /** Of those that are looked for together: some were deleted. */
    deletes: boolean().notNull().default(false),
    askedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Null: it has ended. */
    dueAt: instant().default(sql`clock_timestamp()`),
    /** So often it could not be read, while others could. */
    tries: integer().notNull().default(0),
    errorClass: text(),
    lastError: text(),
    endedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.recordId] }),
    index('webhook_reads_due')
      .on(table.workspaceId, table.portalId, table.objectType, table.dueAt)
      .where(sql`due_at IS NOT NULL`)
      .concurrently(),
    index('webhook_reads_erasing')
      .on(table.workspaceId, table.portalId, table.objectType, table.dueAt)
      .where(sql`erases AND due_at IS NOT NULL`)
      .concurrently(),
    index('webhook_reads_unread')
      .on(table.workspaceId, table.portalId, table.objectType, table.recordId)
      .where(sql`ended_at IS NOT NULL`)
      .concurrently(),
    index('webhook_reads_ended')
      .on(table.endedAt)
      .where(sql`ended_at IS NOT NULL`)
      .concurrently(),
  ],
);

/**
 * What webhooks have brought of each type, noted every few seconds by who takes them: what a process knew that died is
 * missing.
 */
export const webhookCounts = pgTable(
  'webhook_counts',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    /** `other`: of no type that is known. */
    objectType: text().notNull(),
    received: bigint({ mode: 'number' }).notNull().default(0),
    late: bigint({ mode: 'number' }).notNull().default(0),
    lastReceivedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType] })],
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
  (table) => [
    index('webhook_strays_received').on(table.receivedAt),
    index('webhook_strays_portal').on(table.portalId).concurrently(),
  ],
);

/**
 * How far HubSpot's webhooks journal is read: one row, for it is the app's and no tenant's. It holds no data of any.
 */
export const webhookJournal = pgTable('webhook_journal', {
  id: integer().primaryKey(),
  /** What is behind it is read next. Null: from the first that HubSpot has. */
  journalOffset: text(),
  /** What was published before then is read, by HubSpot's clock. Null: nothing is known yet. */
  readUntil: instant(),
  /** When HubSpot has last answered as it should. */
  askedAt: instant(),
  /** Who reads it has it until then, under this number; who comes later has a higher one. */
  holder: text(),
  leaseUntil: instant(),
  fence: bigint({ mode: 'number' }).notNull().default(0),
  fileAt: instant(),
  files: bigint({ mode: 'number' }).notNull().default(0),
  events: bigint({ mode: 'number' }).notNull().default(0),
  failuresInARow: integer().notNull().default(0),
  errorCode: text(),
  lastError: text(),
  /** The file behind the offset could not be read, so often by now. */
  fileTries: integer().notNull().default(0),
  /** Files that were passed over, since they could not be read while others could. */
  setAside: integer().notNull().default(0),
  /** How often HubSpot did not know the offset; when, or when a file was passed over; what is not known since. */
  losses: integer().notNull().default(0),
  lostAt: instant(),
  lostFrom: instant(),
  /** An event told of a changed value: so the subscriptions do tell of them. */
  updatesSeenAt: instant(),
  /** When the subscriptions were last held against what is mirrored; types that are told of, and polled. */
  plannedAt: instant(),
  told: integer().notNull().default(0),
  polled: integer().notNull().default(0),
  /** Subscriptions of the app that others have made. */
  others: integer().notNull().default(0),
  /** HubSpot has refused one, in our words. */
  refused: text(),
});
