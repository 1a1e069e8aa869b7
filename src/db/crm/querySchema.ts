import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { VALUE_KINDS } from '../../domain/crm/declaredProperty.js';
import { hubspotId, id, instant, workspaceId } from '../columns.js';

/* By what records are found: values of declared properties, and views for people who ask in SQL. */

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
    /** Its type is mirrored no more, and it could not be dropped: when it is tried again. */
    dropAt: instant(),
    /** Somebody kept it open when it was to be made anew: since when it waits, and when it is tried again. */
    remakeSince: instant(),
    remakeAt: instant(),
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
