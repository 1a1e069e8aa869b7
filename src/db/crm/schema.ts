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
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { bytea, hubspotId, id, instant, transactionId, workspaceId } from '../columns.js';

/*
 * The mirror: a portal's records as HubSpot has them, and what changed in them. A new type of objects is no migration,
 * and neither is a property. A portal that comes to another workspace shows it nothing of the former one's: the
 * workspace is part of each key.
 */

export const crmChangeIds = pgSequence('crm_change_ids');

/** Records, in 16 partitions by the hash of their portal. */
export const crmRecords = pgTable(
  'crm_records',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    /** `contacts`, `companies`, `deals`, `tickets`, or HubSpot's id of a custom one, such as `2-3465404`. */
    objectType: text().notNull(),
    id: id().notNull(),
    /** Text of HubSpot's by property (domain/crm/storedText.ts). Those without a value have no key. */
    properties: jsonb().notNull(),
    hash: bytea().notNull(),
    /** Both by HubSpot's clock. */
    createdAt: instant().notNull(),
    modifiedAt: instant().notNull(),
    /** Null: it is not in HubSpot's recycle bin. */
    archivedAt: instant(),
    /** When the read began that showed it so, by the database's clock. */
    readAt: instant().notNull(),
    /** What made us read it: `load` (the first load) or `search` (a search showed a newer time). */
    source: text().notNull(),
    /** Grows with each time that it is written. */
    version: integer().notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.id] }),
    index('crm_records_archived')
      .on(table.workspaceId, table.portalId, table.objectType, table.id)
      .where(sql`archived_at IS NOT NULL`)
      .concurrently(),
  ],
);

/**
 * The ids of records that were merged into others, and which record each of them is now: one that is no such id itself.
 */
export const crmAliases = pgTable(
  'crm_aliases',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    id: id().notNull(),
    survivorId: id().notNull(),
    recordedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.id] }),
    index('crm_aliases_survivor').on(table.workspaceId, table.portalId, table.objectType, table.survivorId),
  ],
);

/**
 * Associations, in 16 partitions by the hash of their portal: each as HubSpot shows it from one of its sides, so two
 * records that are associated have a row on either side, with that side's type. A type and a label are two rows. One
 * that was removed stays for a day (`removedAt`), so that a read which began before does not bring it back: whoever
 * reads them leaves those out.
 */
export const crmEdges = pgTable(
  'crm_edges',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    fromType: text().notNull(),
    fromId: id().notNull(),
    toType: text().notNull(),
    toId: id().notNull(),
    /** `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED`. */
    category: text().notNull(),
    /** HubSpot's number of the type, as seen from this side. */
    typeId: integer().notNull(),
    /** Null: the type that every association has. */
    label: text(),
    /** When the read began that showed it so, by the database's clock. */
    readAt: instant().notNull(),
    /** Null: it is there. */
    removedAt: instant(),
  },
  (table) => [
    primaryKey({
      name: 'crm_edges_pk',
      columns: [
        table.workspaceId,
        ...[
          table.portalId,
          table.fromType,
          table.fromId,
          table.toType,
          table.toId,
          table.category,
          table.typeId,
        ],
      ],
    }),
    // By its other end. The id comes first: nothing else would keep it, without statistics, from what the key finds.
    index('crm_edges_to').on(table.toId, table.toType, table.portalId, table.workspaceId),
    index('crm_edges_removed')
      .on(table.removedAt)
      .where(sql`removed_at IS NOT NULL`),
  ],
);

/**
 * The feed of changes, partitioned by day of `recordedAt`. Its order is that of transactions, and of rows within one:
 * it is read below the oldest transaction that still runs, so that none is passed over that commits late.
 */
export const crmChanges = pgTable(
  'crm_changes',
  {
    workspaceId: workspaceId(),
    /** Which installation of this database has written it, counted from 1: a restore begins the next one. */
    generation: smallint().notNull(),
    transactionId: transactionId()
      .notNull()
      .default(sql`pg_current_xact_id()`),
    id: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`nextval('crm_change_ids')`),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    recordId: id().notNull(),
    action: text({ enum: CHANGE_ACTIONS }).notNull(),
    /** It was there when the object's mirror, or the property in it, was filled for the first time. */
    initial: boolean().notNull().default(false),
    /**
     * Of an update and a merge by property its value before and after, as [before, after]; of what was not there its
     * properties, and of what is not there any more those that it had; of an association the other end and the type:
     * toType, toId, category, typeId, label.
     */
    changed: jsonb().notNull(),
    /** Of a merge: the ids of the records that are this one now. */
    mergedIds: id().array(),
    /** By HubSpot's clock. Of associations, whose time HubSpot does not tell, when they were seen, by ours. */
    happenedAt: instant().notNull(),
    recordedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({
      columns: [table.workspaceId, table.generation, table.transactionId, table.id, table.recordedAt],
    }),
  ],
);

export * from './consumerSchema.js';
export * from './querySchema.js';
export * from './referenceSchema.js';
