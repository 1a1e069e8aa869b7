import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
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
import { VALUE_KINDS } from '../../domain/crm/declaredProperty.js';
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
    /** What the last write of the row changed, for the feed. Null: nothing that consumers are told of. */
    lastAction: text({ enum: CHANGE_ACTIONS }),
    lastChanged: jsonb(),
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

/**
 * What a portal says of the properties of a type, in each version that was seen of each. A name that is in HubSpot no
 * more has a last version that is archived.
 */
export const crmPropertyDefs = pgTable(
  'crm_property_defs',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    /** As in the keys of `crm_records.properties`. */
    name: text().notNull(),
    /** Counted from 1 for each name. */
    version: integer().notNull(),
    label: text().notNull(),
    type: text().notNull(),
    fieldType: text().notNull(),
    /** `[{ "value": …, "label": … }]`, in HubSpot's order. */
    options: jsonb().notNull(),
    /** HubSpot computes it: it changes without a new time of modification. */
    calculated: boolean().notNull(),
    dataSensitivity: text().notNull(),
    archived: boolean().notNull(),
    /** Of all that a version differs in. */
    hash: bytea().notNull(),
    firstSeenAt: instant().notNull(),
    /** When it was found that there is a later version. Null: it is the one that stands. */
    replacedAt: instant(),
  },
  (table) => [
    primaryKey({
      name: 'crm_property_defs_pk',
      columns: [table.workspaceId, table.portalId, table.objectType, table.name, table.version],
    }),
  ],
);

/** Who owns records, by name, for `hubspot_owner_id`. */
export const crmOwners = pgTable(
  'crm_owners',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    id: id().notNull(),
    userId: id(),
    email: text(),
    firstName: text(),
    lastName: text(),
    archived: boolean().notNull(),
    readAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.id] })],
);

export const crmPipelines = pgTable(
  'crm_pipelines',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    id: text().notNull(),
    label: text().notNull(),
    displayOrder: integer().notNull(),
    archived: boolean().notNull(),
    readAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.id] })],
);

export const crmStages = pgTable(
  'crm_stages',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    pipelineId: text().notNull(),
    id: text().notNull(),
    label: text().notNull(),
    displayOrder: integer().notNull(),
    /** What HubSpot says of a stage beside its name: whether it ends a deal, and how likely it is won. */
    metadata: jsonb().notNull(),
    archived: boolean().notNull(),
    readAt: instant().notNull(),
  },
  (table) => [
    primaryKey({
      name: 'crm_stages_pk',
      columns: [table.workspaceId, table.portalId, table.objectType, table.pipelineId, table.id],
    }),
  ],
);

/** Text in the order of its characters' numbers, whatever the database's language is. */
const plainText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/** Properties by whose values the records of a type are found and sorted. */
export const crmDeclaredProperties = pgTable(
  'crm_declared_properties',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    property: text().notNull(),
    /** How its values are compared. */
    kind: text({ enum: VALUE_KINDS }).notNull(),
    declaredAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Records that were there already get their values in the order of their ids: up to this one they have. */
    filledUpto: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    filled: bigint({ mode: 'number' }).notNull().default(0),
    /** All records have their values since. */
    filledAt: instant(),
    /** It is not to be declared any more: its values are being removed. */
    undeclaredAt: instant(),
    /** When the next part of its values is filled in or removed. Null: nothing is left to do. */
    dueAt: instant().default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.property] }),
    index('crm_declared_properties_due').on(table.dueAt),
  ],
);

/**
 * The values of declared properties, one row for each record of the type, in 16 partitions by the hash of the portal:
 * written in the transactions that write the records (crm_keep_values.sql).
 */
export const crmValues = pgTable(
  'crm_values',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    property: text().notNull(),
    recordId: id().notNull(),
    /** The beginning of the stored text, as much as an index takes. Null: the record has no value. */
    value: plainText(),
    /** It is compared by `number`, not as text. */
    isNumber: boolean().notNull(),
    /** Of a number or a date what it is compared by (crm_number_key.sql). Null: the text is neither. */
    number: plainText(),
  },
  (table) => [
    primaryKey({
      columns: [table.workspaceId, table.portalId, table.objectType, table.recordId, table.property],
    }),
    index('crm_values_by_value').on(
      ...[table.workspaceId, table.portalId, table.objectType],
      ...[table.property, table.value, table.recordId],
    ),
    index('crm_values_by_number')
      .on(
        ...[table.workspaceId, table.portalId, table.objectType],
        ...[table.property, table.number, table.recordId],
      )
      .where(sql`is_number`),
  ],
);

/** Views for people who ask in SQL: `mirror.<name>`, made on request (migrations/functions/crm/crm_make_view.sql). */
export const crmSqlViews = pgTable(
  'crm_sql_views',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    name: text().notNull(),
    columns: integer().notNull(),
    /** Properties for which there was no place. */
    leftOut: integer().notNull(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType] })],
);

/** Which logins of the database, or roles of logins, see the views of which workspace. */
export const crmSqlLogins = pgTable(
  'crm_sql_logins',
  {
    workspaceId: workspaceId(),
    login: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.login] })],
);

export * from './consumerSchema.js';
