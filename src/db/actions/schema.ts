import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, smallint, text, unique } from 'drizzle-orm/pg-core';
import { RUN_STATES } from '../../domain/actions/runStates.js';
import { bytea, hubspotId, id, instant, workspaceId } from '../columns.js';

/** Calls of actions of one's own, each with what it was called with and what came of it, both sealed. */
export const actionRuns = pgTable(
  'action_runs',
  {
    workspaceId: workspaceId(),
    id: id().notNull().generatedAlwaysAsIdentity(),
    /** Of workspace, portal and callback: a repeat has the same. */
    callHash: bytea().notNull(),
    /** Of the body of the call. */
    bodyHash: bytea().notNull(),
    portalId: hubspotId().notNull(),
    callbackId: text().notNull(),
    action: text().notNull(),
    /** Of the definition that took the call. */
    version: smallint().notNull(),
    source: text().notNull(),
    objectId: text(),
    state: text({ enum: RUN_STATES }).notNull(),
    errorCode: text(),
    /** In our words, without data of a record. */
    reason: text(),
    /** Null: somebody in it was erased. */
    sealedInput: text(),
    /** Outputs, and what the handler threw last. */
    sealedResult: text(),
    /** Tries of the handler; the latest alone may say what came of it. */
    attempts: integer().notNull().default(0),
    /** Of the run after which the pack is named that has its first try in hand. */
    pack: id(),
    /**
     * Its call is answered by what its handler gives: until then a process has it in hand. Null: HubSpot waits for a
     * callback.
     */
    answeringUntil: instant(),
    /** Where it waits for its turn; null: it began at once. */
    laneId: bigint({ mode: 'bigint' }),
    /** The admission of its lane under which it begins; null: its turn has not come. */
    turn: bigint({ mode: 'bigint' }),
    /** So long it is tried once its turn has come. */
    triedForMs: bigint({ mode: 'number' }),
    /** Effects of `once` of which it is not known whether they were done. */
    doubts: integer().notNull().default(0),
    completionTries: integer().notNull().default(0),
    receivedAt: instant().notNull(),
    /** Then it is not tried any more. */
    giveUpAt: instant().notNull(),
    /** When HubSpot gives the record up, by the expiry that we answered. */
    expiresAt: instant().notNull(),
    /** An open one whose workflow is missing then is started again. */
    dueAt: instant().notNull(),
    /** HubSpot has had its outputs. */
    toldAt: instant(),
    endedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.id] }),
    unique('action_runs_call').on(table.callHash),
    index('action_runs_due')
      .on(table.dueAt)
      .where(sql`state in ('waiting', 'completing')`),
    index('action_runs_open')
      .on(table.workspaceId, table.portalId, table.id)
      .where(sql`state in ('waiting', 'completing')`),
    index('action_runs_portal').on(table.workspaceId, table.portalId, table.id),
    index('action_runs_state').on(table.workspaceId, table.state, table.id),
    index('action_runs_action').on(table.workspaceId, table.action, table.id),
    index('action_runs_callback').on(table.workspaceId, table.callbackId),
    index('action_runs_object').on(table.workspaceId, table.objectId, table.id),
    index('action_runs_received_at').on(table.receivedAt),
    index('action_runs_in_lane')
      .on(table.laneId, table.id)
      .where(sql`state = 'waiting' and lane_id is not null and turn is null`)
      .concurrently(),
  ],
);

/** What handlers did by `once`: noted before it is done, and kept with what it gave. */
export const actionEffects = pgTable(
  'action_effects',
  {
    /** Of the call and the effect's name. */
    effectHash: bytea().primaryKey(),
    workspaceId: workspaceId(),
    runId: id().notNull(),
    name: text().notNull(),
    /** Null: it was begun, and it is not known whether it was done. */
    sealedResult: text(),
    begunAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    doneAt: instant(),
  },
  (table) => [index('action_effects_run').on(table.workspaceId, table.runId)],
);
