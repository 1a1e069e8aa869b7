import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { CHANGE_ACTIONS } from '../../domain/crm/change.js';
import { SINKS } from '../../domain/crm/consumer.js';
import { hubspotId, id, instant, transactionId, workspaceId } from '../columns.js';

/** A place in the feed. */
const feedPlace = () => ({
  generation: smallint().notNull(),
  transactionId: transactionId().notNull(),
  changeId: bigint({ mode: 'bigint' }).notNull(),
});

/** Who reads the feed under a name, and how far they are. */
export const crmConsumers = pgTable(
  'crm_consumers',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId(),
    name: text().notNull(),
    sink: text({ enum: SINKS }).notNull(),
    /** Of a webhook; its secret is sealed. */
    url: text(),
    secret: text(),
    /** What it wants; null: all of them. */
    portalIds: bigint({ mode: 'number' }).array(),
    objectTypes: text().array(),
    actions: text({ enum: CHANGE_ACTIONS }).array(),
    initial: boolean().notNull().default(true),
    /** So far behind it may be before the mirror of its portals waits for it. Null: that never waits. */
    lagLimitMinutes: integer(),
    /** The last change that it has, or that is not for it. */
    ...feedPlace(),
    /** What follows stands here when the last look found something: when the first of it was recorded. */
    unreadSince: instant(),
    /** It is further behind than its limit. */
    behindSince: instant(),
    /** Changes were removed before it had them. Null again when it was told so. */
    missedAt: instant(),
    lookAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    pausedAt: instant(),
    pauseReason: text(),
    /** Who calls it has it until then, under this number. */
    leaseUntil: instant(),
    fence: integer().notNull().default(0),
    /** It is to be called, and the others of its workspace that are called leave no place for it. */
    waitsSince: instant(),
    /** It was found to be called, and is not looked for again until then: who takes it in hand has the lease. */
    turnUntil: instant(),
    tryAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    failuresInARow: integer().notNull().default(0),
    failedSince: instant(),
    lastError: text(),
    /** When it last took something, or said that it has it. */
    takenAt: instant(),
    createdAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    unique('crm_consumers_name').on(table.workspaceId, table.name),
    index('crm_consumers_look_at').on(table.lookAt),
  ],
);

/**
 * Changes that a receiver refuses for good, and those of the same record that wait behind them. They name a change of
 * the feed and hold nothing of it: what is removed there is nowhere else.
 */
export const crmDeadChanges = pgTable(
  'crm_dead_changes',
  {
    workspaceId: workspaceId(),
    consumerId: uuid().notNull(),
    ...feedPlace(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    recordId: id().notNull(),
    /** The receiver's; null: it was not sent, since an earlier one of its record was refused. */
    status: integer(),
    /** It is to be sent again. */
    redrive: boolean().notNull().default(false),
    recordedAt: instant().notNull(),
    diedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [
    primaryKey({
      name: 'crm_dead_changes_pk',
      columns: [table.consumerId, table.generation, table.transactionId, table.changeId],
    }),
    index('crm_dead_changes_record').on(table.consumerId, table.portalId, table.objectType, table.recordId),
    index('crm_dead_changes_redrive')
      .on(table.consumerId, table.generation, table.transactionId, table.changeId)
      .where(sql`redrive`),
    index('crm_dead_changes_recorded_at').on(table.recordedAt),
  ],
);
