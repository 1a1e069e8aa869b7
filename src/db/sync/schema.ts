import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { PASSES } from '../../domain/sync/passes.js';
import { SELECTION_MODES } from '../../domain/sync/propertySelection.js';
import { hubspotId, instant, workspaceId } from '../columns.js';

/** One row per portal and type of objects that is mirrored: how far it is read, and when it is to be read again. */
export const syncStates = pgTable(
  'sync_states',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    /** How far the phase has read, in a form that names its version (domain/sync/cursor.ts). Null: nothing yet. */
    cursor: jsonb(),
    /** Records that are not in the recycle bin, counted in the transactions that write them. */
    live: bigint({ mode: 'number' }).notNull().default(0),
    /** Records that the first load has read. */
    loaded: bigint({ mode: 'number' }).notNull().default(0),
    /** Records by HubSpot's total when the first load began: an estimate. Null: HubSpot did not say. */
    expected: bigint({ mode: 'number' }),
    /** For how long the first load was read, by the runs that have ended. */
    loadingMs: bigint({ mode: 'number' }).notNull().default(0),
    /** Calls to HubSpot, and runs that failed, since it was begun. */
    calls: bigint({ mode: 'number' }).notNull().default(0),
    failedRuns: bigint({ mode: 'number' }).notNull().default(0),
    /** When it is to be read again. Null: it is paused. */
    dueAt: instant().default(sql`clock_timestamp()`),
    pausedAt: instant(),
    pauseReason: text(),
    /** Who reads has it until then, under this number; who comes later has a higher one. */
    leaseUntil: instant(),
    claimedAt: instant(),
    fence: integer().notNull().default(0),
    /** Its portal was disconnected then. */
    endedAt: instant(),
    startedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    loadedAt: instant(),
    /** Up to when the mirror has what HubSpot has, by HubSpot's clock. */
    freshUntil: instant(),
    /** HubSpot tells of its records by the webhooks journal since then, so it is searched less often. */
    toldSince: instant(),
    /** It was told of until then: what the journal is known to have lost since is looked for. Null: nothing is. */
    toldUntil: instant(),
    /** With records of which types associations are read. Null: with those of all other types that are mirrored. */
    associations: text().array(),
    /** With which types they are not read, since HubSpot refuses it: {type: {reason, at}}. */
    associationsRefused: jsonb()
      .notNull()
      .default(sql`'{}'`),
    /** Since then some may be missing: a round of the pass that begins later brings them (domain/sync/passes.ts). */
    associationsBehindSince: instant(),
    /** Records that HubSpot refuses to show: {id: {reason, at, tries, nextAt}} (db/sync/setAside.ts). */
    setAside: jsonb()
      .notNull()
      .default(sql`'{}'`),
    /** How many changes each source was the first to see since the load, and how many it told of that were here. */
    seenFirst: jsonb().$type<Readonly<Record<string, number>>>().notNull().default({}),
    seenAgain: jsonb().$type<Readonly<Record<string, number>>>().notNull().default({}),
    /** Changes that polls have brought though HubSpot tells of the type, and of which it has not told since. */
    missed: bigint({ mode: 'number' }).notNull().default(0),
    /** The same, since HubSpot has last told of a record of the type. */
    missedInARow: bigint({ mode: 'number' }).notNull().default(0),
    /** What changed before then is not missed: HubSpot had nobody to tell, or told of too many to wait one by one. */
    missedFrom: instant(),
    failuresInARow: integer().notNull().default(0),
    errorClass: text(),
    lastError: text(),
    /** How many deletes the feed was told of since then: an hour's, which have a bound (sync_tell_deletes.sql). */
    deletesSince: instant(),
    deletes: integer().notNull().default(0),
    /** Deletes beyond that bound wait for a person's word since then; so many were found. */
    deletesHeldAt: instant(),
    deletesHeld: integer().notNull().default(0),
    /** So many has the round over the recycle bin found so far that is under way. */
    deletesCounted: integer().notNull().default(0),
    /** Of those held: HubSpot has them not even in its recycle bin, as the last audit has found. */
    deletesVanished: integer().notNull().default(0),
    /** What HubSpot deleted before then is told of without a bound, or stays in the mirror, as a person has said. */
    deletesReleasedUntil: instant(),
    deletesRefusedUntil: instant(),
    /** HubSpot may have erased persons since then, and told so in a part of the webhooks journal that was lost. */
    erasuresUnsureFrom: instant(),
    /** What audits find gone until then may be one of them; so many ids of those were found. */
    erasuresUnsureUntil: instant(),
    erasuresUnsure: text().array().notNull().default([]),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType] }),
    index('sync_states_due').on(table.dueAt),
    index('sync_states_ended').on(table.endedAt),
    // Those that are told of first, so that an app with few subscriptions keeps the ones that it has.
    index('sync_states_told').on(table.toldSince, table.startedAt).concurrently(),
    index('sync_states_told_until')
      .on(table.toldUntil)
      .where(sql`told_until IS NOT NULL`)
      .concurrently(),
    index('sync_states_missing')
      .on(table.workspaceId, table.portalId, table.objectType)
      .where(sql`missed_in_a_row > 0`)
      .concurrently(),
    index('sync_states_troubled')
      .on(table.workspaceId, table.portalId, table.objectType)
      .where(sql`(paused_at IS NOT NULL OR failures_in_a_row > 0) AND ended_at IS NULL`)
      .concurrently(),
    index('sync_states_unsure')
      .on(table.workspaceId, table.portalId, table.objectType)
      .where(sql`erasures_unsure <> '{}'`)
      .concurrently(),
    index('sync_states_held')
      .on(table.workspaceId, table.portalId, table.objectType)
      .where(sql`deletes_held_at IS NOT NULL AND ended_at IS NULL`)
      .concurrently(),
  ],
);

/** Which properties of a type are kept, and what is still to be done so that the mirror has those and no others. */
export const syncProperties = pgTable(
  'sync_properties',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    mode: text({ enum: SELECTION_MODES }).notNull().default('all'),
    /** That are included or excluded. */
    names: text().array().notNull().default([]),
    /** Grows with each change of what is kept. */
    version: integer().notNull().default(1),
    /** When the portal's definitions were read last. */
    readAt: instant(),
    /** Names that are kept: chosen, and in HubSpot. Null: they were never read. */
    kept: text().array(),
    /** Kept since, and not yet read of the records that are in the mirror already. */
    filling: text().array().notNull().default([]),
    /** Kept no more, and not yet taken out of the mirror. */
    dropping: text().array().notNull().default([]),
    /** Lists of so many characters of names HubSpot refused for their length. */
    refusedLength: integer(),
    /** When the calculated properties of all records were read last: the moment at which that began. */
    calculatedAt: instant(),
    referenceReadAt: instant(),
    /** Why names of owners, pipelines or stages could not be read last. */
    referenceFailure: text(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType] })],
);

/** One row per mirrored type and pass: how far its round has come, and when the next one begins. */
export const syncPasses = pgTable(
  'sync_passes',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    objectType: text().notNull(),
    pass: text({ enum: PASSES }).notNull(),
    /** Where it goes on. Null: at its beginning. */
    cursor: jsonb(),
    dueAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** A round was asked for then that is to begin later: one that is under way is followed by it at once. */
    askedAt: instant(),
    leaseUntil: instant(),
    fence: integer().notNull().default(0),
    /** Of the round that runs or, between two, of the last one. */
    beganAt: instant(),
    endedAt: instant(),
    seen: bigint({ mode: 'number' }).notNull().default(0),
    changed: bigint({ mode: 'number' }).notNull().default(0),
    /** What the round has counted of its own, by name. */
    found: jsonb().$type<Readonly<Record<string, number>>>().notNull().default({}),
    failuresInARow: integer().notNull().default(0),
    errorClass: text(),
    lastError: text(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.portalId, table.objectType, table.pass] }),
    index('sync_passes_due').on(table.pass, table.dueAt),
  ],
);

/** Portals that are read at times of their own, by a Schedule of Temporal's, and not each minute. */
export const syncSchedules = pgTable(
  'sync_schedules',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    /** An interval, or a calendar of a time zone. */
    intervalMs: bigint({ mode: 'number' }),
    calendar: text(),
    timeZone: text(),
    /** Grows with each change of its times. */
    version: integer().notNull().default(1),
    /** Which of them is at Temporal. Null: it is not there. */
    appliedVersion: integer(),
    /** As Temporal said last. */
    nextAt: instant(),
    /** Why it does not run. */
    failure: text(),
    changedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.portalId] })],
);
