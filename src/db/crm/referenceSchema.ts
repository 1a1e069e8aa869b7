import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, hubspotId, id, instant, workspaceId } from '../columns.js';

/* What a portal says of its records: custom objects, properties, owners, pipelines and stages, by name. */

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

/** What a portal says of its custom objects, and when it is asked again. A row for each portal that was connected. */
export const crmSchemas = pgTable(
  'crm_schemas',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    /** By the id: `{ "name", "fullyQualifiedName", "singular", "plural", "archived" }`, text as the mirror keeps it. */
    types: jsonb().notNull().default({}),
    /** When HubSpot said so last. Null: it never did. */
    readAt: instant(),
    /** Why it could not be read last. Null: it could. */
    failure: text(),
    /** Null: its portal was disconnected. */
    dueAt: instant().default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId] }),
    index('crm_schemas_due')
      .on(table.dueAt)
      .where(sql`${table.dueAt} IS NOT NULL`),
  ],
);
