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
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';
import { REGISTRATION_STATES, STEP_STATES } from '../../domain/register/steps.js';
import { bytea, hubspotId, id, instant, workspaceId } from '../columns.js';

/**
 * What is to be written of a contact with its deals and tickets. The values are JSON as text, which takes what jsonb
 * does not (NUL, half a surrogate pair, digits of numbers), and are null once nothing is to be written any more.
 */
export const registrations = pgTable(
  'registrations',
  {
    workspaceId: workspaceId(),
    id: id().notNull().generatedAlwaysAsIdentity(),
    /** Who numbered it. */
    installation: text().notNull(),
    portalId: hubspotId().notNull(),
    /** Of workspace and Idempotency-Key, and of the request. */
    requestHash: bytea().notNull(),
    bodyHash: bytea().notNull(),
    state: text({ enum: REGISTRATION_STATES }).notNull().default('open'),
    given: text(),
    /** As HubSpot gets it; null: it was not checked yet. */
    plan: text(),
    notes: text(),
    /** Of one that was refused. */
    problems: text(),
    /** An open one whose workflow is missing then is started again. */
    dueAt: instant()
      .notNull()
      .default(sql`clock_timestamp() + interval '30 seconds'`),
    createdAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    resumedAt: instant(),
    endedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('registrations_request').on(table.workspaceId, table.requestHash),
    index('registrations_due')
      .on(table.dueAt)
      .where(sql`state = 'open'`),
    index('registrations_open')
      .on(table.workspaceId, table.portalId)
      .where(sql`state = 'open'`)
      .concurrently(),
    index('registrations_portal').on(table.workspaceId, table.portalId, table.id),
    index('registrations_state').on(table.workspaceId, table.state, table.id),
    index('registrations_created_at').on(table.createdAt),
  ],
);

/** What was sent for it, step by step: noted before it is sent. The lists have an entry for each row of the step. */
export const registrationSteps = pgTable(
  'registration_steps',
  {
    workspaceId: workspaceId(),
    registrationId: id().notNull(),
    n: smallint().notNull(),
    step: text().notNull(),
    objectType: text(),
    state: text({ enum: STEP_STATES }).notNull(),
    /** Grows with each try: who was overtaken books nothing. */
    fence: integer().notNull().default(1),
    tries: integer().notNull().default(1),
    recordIds: bigint({ mode: 'bigint' })
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Whether HubSpot said that it made the record, and had none. */
    made: boolean()
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** When a create was sent that HubSpot cannot tell from a repeat, and of which it is not known what became. */
    sentAt: timestamp({ withTimezone: true, mode: 'date' })
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** How many of them there were. */
    doubts: integer().notNull().default(0),
    /** Rows that failed, and why: JSON. */
    failures: text(),
    startedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    resolvedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.registrationId, table.n] })],
);
