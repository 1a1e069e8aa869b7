import { sql } from 'drizzle-orm';
import {
  bigint,
  date,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { id, hubspotId, instant, workspaceId } from '../columns.js';

/** Requests to HubSpot, without bodies, partitioned by day of `at`, kept for a week. */
export const requestLog = pgTable(
  'request_log',
  {
    id: id().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    at: instant().notNull(),
    method: text().notNull(),
    /** As in the path table, without its parameters: ids of records may be mail addresses. */
    path: text().notNull(),
    status: smallint(),
    outcome: text().notNull(),
    ms: integer().notNull(),
    priority: text().notNull(),
    ring: text().notNull(),
    /** Slots of the bucket that were taken when the request was sent. */
    budgetUsed: smallint(),
    correlationId: text(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.at] }),
    index('request_log_portal').on(table.portalId, table.id),
    // Of what failed alone: HubSpot's name for it is kept for that.
    index('request_log_correlation')
      .on(table.workspaceId, table.correlationId)
      .where(sql`correlation_id is not null`)
      .concurrently(),
  ],
);

/** Requests to HubSpot and errors among them, by the portal's day: less than 5 % of them should be errors. */
export const callCounts = pgTable(
  'call_counts',
  {
    portalId: hubspotId().notNull(),
    day: date().notNull(),
    workspaceId: workspaceId(),
    calls: integer().notNull().default(0),
    errors: integer().notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.portalId, table.day] }),
    index('call_counts_day').on(table.day).concurrently(),
  ],
);

/**
 * HubSpot's limits for a portal, kept as slots that come free one interval after the answer. `ring` names the bucket.
 */
export const budgetSlots = pgTable(
  'budget_slots',
  {
    portalId: hubspotId().notNull(),
    ring: text({ enum: ['ten_secondly', 'search', 'associations', 'oauth'] }).notNull(),
    n: smallint().notNull(),
    workspaceId: workspaceId(),
    freeAt: instant().notNull(),
    fence: bigint({ mode: 'number' }).notNull().default(0),
    holder: text(),
    /** The priority of the request that uses or last used the slot. */
    priority: text(),
    /** When the slot was last taken: the pace of all but completions is read from this. */
    leasedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.ring, table.n] })],
);

/**
 * What holds for a bucket as a whole: a block that HubSpot asked for (429), and whose turn it is. The row of `portal`
 * holds for all buckets of the portal: its move to another data centre (477), and the circuit breaker.
 */
export const budgetRings = pgTable(
  'budget_rings',
  {
    portalId: hubspotId().notNull(),
    ring: text({ enum: ['portal', 'ten_secondly', 'search', 'associations', 'oauth'] }).notNull(),
    workspaceId: workspaceId(),
    blockedUntil: instant(),
    blockedReason: text(),
    refused: bigint({ mode: 'number' }).notNull().default(0),
    /**
     * Fair shares: what each of interactive, outbox, sync and backfill has had, divided by its weight; the fifth is
     * whose turn it was last.
     */
    passes: doublePrecision().array(),
    /** Until when each of these priorities counts as waiting, whichever process asked. */
    wanted: instant().array(),
    /**
     * The circuit breaker (`portal` only): how often it opened in a row; 0: closed. It is open until `blockedUntil`,
     * and half-open from then on.
     */
    breakerOpens: smallint().notNull().default(0),
    /** What HubSpot's headers said that others use of the same limit, and when. */
    othersUsed: integer(),
    othersSeenAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.ring] })],
);
