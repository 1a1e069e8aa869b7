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
  real,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, id, hubspotId, instant, workspaceId } from '../columns.js';

/*
 * The outbox: events of applications on their way to HubSpot. What the application itself writes into, the inbox, is
 * made by migrations/outbox/inbox.sql, since it may stand in a database of the application's.
 */

/** Inbox and outbox number events alike, so that an event keeps its id when it is collected. */
export const outboxEventIds = pgSequence('outbox_event_ids');

/** What every event carries, wherever it stands. */
const event = {
  workspaceId: workspaceId(),
  portalId: hubspotId(),
  type: text().notNull(),
  version: smallint().notNull().default(1),
  /** Events with the same key take effect in their order; null: in any. */
  orderingKey: text(),
  /** The application's own name for it: what makes a repeat harmless. */
  eventKey: text(),
  payload: jsonb().notNull(),
  occurredAt: instant(),
  capturedAt: instant().notNull(),
  attempts: smallint().notNull().default(0),
  lastError: text(),
  errorClass: text(),
  /** States of its effects, once one of several is settled. */
  effects: jsonb(),
};

/** Events that wait or are being sent: the small, hot table. */
export const outboxPending = pgTable(
  'outbox_pending',
  {
    id: bigint({ mode: 'bigint' })
      .primaryKey()
      .default(sql`nextval('outbox_event_ids')`),
    ...event,
    portalId: hubspotId().notNull(),
    /** 0: ready; 1: waits for `dueAt`; 2: waits behind an earlier event of its ordering key that is tried again. */
    state: smallint().notNull().default(0),
    dueAt: instant(),
    /** Of its payload as text: what a claim counts. Null in rows of before. */
    bytes: integer(),
  },
  (table) => [
    index('outbox_pending_workspace').on(table.workspaceId, table.id),
    index('outbox_pending_ready')
      .on(table.portalId, table.id)
      .where(sql`state = 0`),
    index('outbox_pending_due')
      .on(table.portalId, table.dueAt)
      .where(sql`state = 1`),
    index('outbox_pending_held')
      .on(table.portalId, table.orderingKey, table.id)
      .where(sql`state = 2`),
  ],
);

/** Events that one delivery has in hand. The events' own rows are not touched: a claim costs one row. */
export const outboxClaims = pgTable(
  'outbox_claims',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    owner: text().notNull(),
    /** Grows when another process takes an expired claim over; who settles under an older one changes nothing. */
    fence: integer().notNull().default(0),
    leaseUntil: instant().notNull(),
    eventIds: bigint({ mode: 'bigint' }).array().notNull(),
    orderingKeys: text().array().notNull(),
  },
  (table) => [index('outbox_claims_portal').on(table.portalId)],
);

/**
 * Ordering keys whose first event is tried again later: events up to `releaseUpto` may go, later ones are set aside.
 */
export const outboxHolds = pgTable(
  'outbox_holds',
  {
    portalId: hubspotId().notNull(),
    orderingKey: text().notNull(),
    workspaceId: workspaceId(),
    headId: id().notNull(),
    releaseUpto: id().notNull(),
    /** What was sent with the first event, up to here, goes with it again. */
    sentUpto: bigint({ mode: 'bigint' }),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.orderingKey] })],
);

/** One row per portal that has events; it serialises claims. */
export const outboxPortals = pgTable('outbox_portals', {
  portalId: hubspotId().primaryKey(),
  workspaceId: workspaceId(),
  /** No ready event has a smaller id: claims do not step over what was deleted and not yet vacuumed. */
  lowId: id().notNull(),
  /** Failures since the last success: what notices are about, and the circuit. */
  failuresInARow: integer().notNull().default(0),
  noticedShare: smallint().notNull().default(0),
  /** The circuit is open until then; past: a few events may try. */
  circuitOpenUntil: instant(),
  /** A delivery is awake until then; past or null: who brings events starts one. */
  activeUntil: instant(),
  pausedAt: instant(),
  pauseReason: text(),
  /** When HubSpot refused custom events of a name, `*`: any, by their names. */
  refusedEvents: jsonb().notNull().default({}),
});

/** One row per event that came with a key of its own. */
export const outboxKeys = pgTable(
  'outbox_keys',
  {
    workspaceId: workspaceId(),
    eventKey: text().notNull(),
    eventId: id().notNull(),
    bodyHash: bytea().notNull(),
    capturedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.eventKey] }),
    index('outbox_keys_captured').on(table.capturedAt),
  ],
);

/** Events that were processed, partitioned by day of `processedAt`. */
export const outboxHistory = pgTable(
  'outbox_history',
  {
    id: id().notNull(),
    ...event,
    portalId: hubspotId().notNull(),
    processedAt: instant().notNull(),
    /** `live`: HubSpot has it. `dry` and `shadow`: everything but the sending was done. */
    mode: text({ enum: ['live', 'dry', 'shadow'] }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id, table.processedAt] }),
    index('outbox_history_failed')
      .on(table.workspaceId, table.id)
      .where(sql`error_class IS NOT NULL`),
    index('outbox_history_processed').using('brin', table.processedAt),
  ],
);

/** Events that will not be sent unless somebody decides so. Not processed. */
export const outboxDead = pgTable(
  'outbox_dead',
  {
    id: id().primaryKey(),
    ...event,
    /** `dead`: HubSpot would not take it; `invalid`: it could not be understood; `discarded`: somebody decided so. */
    state: text({ enum: ['dead', 'invalid', 'discarded'] }).notNull(),
    reason: text().notNull(),
    diedAt: instant().notNull(),
  },
  (table) => [
    index('outbox_dead_workspace').on(table.workspaceId, table.id),
    index('outbox_dead_portal').on(table.portalId, table.type, table.id),
    index('outbox_dead_died').on(table.diedAt).concurrently(),
    index('outbox_dead_discarded')
      .on(table.diedAt)
      .where(sql`state = 'discarded'`)
      .concurrently(),
  ],
);

/** Tries that failed. */
export const outboxAttempts = pgTable(
  'outbox_attempts',
  {
    eventId: id().notNull(),
    at: instant().notNull(),
    workspaceId: workspaceId(),
    /** Which try it was since the event was captured; redrives do not begin anew. */
    n: smallint().notNull(),
    errorClass: text().notNull(),
    message: text().notNull(),
    correlationId: text(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.n] }),
    index('outbox_attempts_at').on(table.at),
    index('outbox_attempts_correlation')
      .on(table.workspaceId, table.correlationId)
      .where(sql`correlation_id is not null`)
      .concurrently(),
  ],
);

/** Events that a redrive or a replay took up: for what happened to each. */
export const outboxRedriven = pgTable(
  'outbox_redriven',
  {
    eventId: id().notNull(),
    redriveId: uuid().notNull(),
    workspaceId: workspaceId(),
    at: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    kind: text({ enum: ['dead_letters', 'dry_run'] }).notNull(),
    /** False: it was still invalid, and stayed where it was. */
    moved: boolean().notNull(),
    /** Kept here as well: the redrive itself is forgotten before its dead letters. */
    requestedBy: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.redriveId] }),
    index('outbox_redriven_at').on(table.at),
  ],
);

/**
 * Creates that HubSpot cannot deduplicate: written before they are sent, so that the next try knows that it must look
 * first.
 */
export const outboxLedger = pgTable(
  'outbox_ledger',
  {
    eventId: id().notNull(),
    /** Which of the event's effects. */
    n: smallint().notNull(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    kind: text().notNull(),
    state: text({ enum: ['intended', 'done', 'ambiguous'] }).notNull(),
    objectType: text().notNull(),
    objectId: text(),
    /** Answers that were lost: each may have created one more. */
    ambiguous: smallint().notNull().default(0),
    sentAt: instant().notNull(),
    resolvedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.n] }),
    index('outbox_ledger_object')
      .on(table.portalId, table.objectId)
      .where(sql`object_id IS NOT NULL`),
    index('outbox_ledger_sent').on(table.sentAt).concurrently(),
    index('outbox_ledger_ambiguous')
      .on(table.workspaceId, table.eventId)
      .where(sql`ambiguous > 0`),
  ],
);

/** Mappings of generic events, as data. */
export const outboxMappings = pgTable(
  'outbox_mappings',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId(),
    type: text().notNull(),
    version: smallint().notNull().default(1),
    mapping: jsonb().notNull(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('outbox_mappings_type').on(table.workspaceId, table.type, table.version),
    index('outbox_mappings_updated').on(table.updatedAt).concurrently(),
  ],
);

/**
 * What a workspace has set for an event type; without a row it is live. A generic event's type is `generic:<name of
 * its mapping>`.
 */
export const outboxTypeSettings = pgTable(
  'outbox_type_settings',
  {
    workspaceId: workspaceId(),
    type: text().notNull(),
    /** Shadow: everything but the sending. */
    mode: text({ enum: ['live', 'shadow'] }).notNull(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.type] })],
);

/**
 * Events that are put back on their way at a limited pace: dead letters, or what ran dry. One row per request of an
 * operator.
 */
export const outboxRedrives = pgTable(
  'outbox_redrives',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId(),
    kind: text({ enum: ['dead_letters', 'dry_run'] }).notNull(),
    /** Which events: ids, portal, type, state, error class, times. */
    filter: jsonb().notNull(),
    perSecond: real().notNull(),
    state: text({ enum: ['running', 'done', 'cancelled', 'failed'] }).notNull(),
    /** Counted when it was asked for. */
    total: integer().notNull(),
    moved: integer().notNull().default(0),
    /** Validated again and still not understood. */
    stillInvalid: integer().notNull().default(0),
    /** Only those with a greater id are still to be looked at. */
    afterId: id()
      .notNull()
      .default(sql`0`),
    requestedBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    endedAt: instant(),
    reason: text(),
  },
  (table) => [
    index('outbox_redrives_workspace').on(table.workspaceId, table.createdAt),
    index('outbox_redrives_running')
      .on(table.createdAt)
      .where(sql`state = 'running'`)
      .concurrently(),
    index('outbox_redrives_ended')
      .on(table.endedAt)
      .where(sql`ended_at is not null`)
      .concurrently(),
  ],
);

/**
 * Events of an inbox in another database that the outbox has, until they are removed there: what makes reading them
 * twice harmless. Before tenants: whose an event is stands in the outbox.
 */
export const outboxCollected = pgTable(
  'outbox_collected',
  {
    /** Names the inbox (its database). */
    inbox: text().notNull(),
    inboxId: id().notNull(),
    eventId: id().notNull(),
  },
  (table) => [primaryKey({ columns: [table.inbox, table.inboxId] })],
);
