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
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { ENDINGS, TERMINAL_STATES } from '../../domain/throttle/executionStates.js';
import { RATE_SOURCES } from '../../domain/throttle/rate.js';
import { SUSPENSION_REASONS } from '../../domain/throttle/suspension.js';
import { bytea, id, hubspotId, instant, workspaceId } from '../columns.js';
import { BEYOND_BLOCK } from './lanes.js';

/** Rates set by `POST /api/config` for an action of a portal. */
export const actionRates = pgTable(
  'action_rates',
  {
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    actionId: text().notNull(),
    maxThroughput: integer().notNull(),
    time: integer().notNull(),
    period: text({ enum: ['seconds', 'minutes', 'hours', 'days'] }).notNull(),
    intervalMs: bigint({ mode: 'number' }).notNull(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.portalId, table.actionId] }),
    index('action_rates_workspace').on(table.workspaceId),
  ],
);

/**
 * Queues in which executions wait under one rate. `rateLimit` and `rateIntervalMs` are in force, whichever rate won.
 */
export const lanes = pgTable(
  'lanes',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    /** `queue:<name>` or `step:<workflow>/<step>`. */
    key: text().notNull(),
    workflowId: text(),
    step: text(),
    queue: text(),
    /** Why the queue's name is not the whole of what was written, in words for the user. */
    queueNote: text(),
    /** What the callbacks of a step's calls say of it: those that do not name their step are known by that. */
    callbackStep: text(),
    /** The action whose configured rate applies. */
    actionId: text(),
    nextSeq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    rateLimit: integer().notNull(),
    rateIntervalMs: bigint({ mode: 'number' }).notNull(),
    rateSource: text({ enum: RATE_SOURCES }).notNull(),
    overrideLimit: integer(),
    overrideIntervalMs: bigint({ mode: 'number' }),
    inputLimit: integer(),
    inputIntervalMs: bigint({ mode: 'number' }),
    /** The step whose input fields rule this lane: another step's inputs never flap it. */
    inputStep: text(),
    /** Why an input rate was not taken, in words for the user. */
    rateNote: text(),
    spread: boolean().notNull().default(false),
    /** What the input fields of the step that rules this lane say of `spread`; where that changes, `spread` follows. */
    inputSpread: boolean(),
    /** What happens to an execution whose planned wait exceeds what HubSpot can hold. */
    beyondBlock: text({ enum: BEYOND_BLOCK }).notNull().default('refuse'),
    maxPerWorkflow: smallint(),
    pausedAt: instant(),
    pauseReason: text(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
    /** `nextSeq` when tidy_lanes last noted that it had moved, and when that was, to the nearest day. */
    seenSeq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    seenAt: instant().notNull().defaultNow(),
    /** Since when its plan is not what follows from its rate and order; null once it has been planned anew. */
    replanSince: instant(),
  },
  (table) => [
    uniqueIndex('lanes_portal_key').on(table.portalId, table.key),
    index('lanes_workspace_key').on(table.key, table.workspaceId).concurrently(),
    index('lanes_workflow').on(table.workflowId, table.workspaceId).concurrently(),
    // Few at a time, and looked for whenever somebody asks what needs them.
    index('lanes_paused')
      .on(table.workspaceId, table.id)
      .where(sql`paused_at is not null`)
      .concurrently(),
    index('lanes_to_replan')
      .on(table.replanSince)
      .where(sql`replan_since is not null`)
      .concurrently(),
  ],
);

/**
 * The row whose lock serialises the releases of one lane. Apart from `lanes`, so that intake and release never wait for
 * each other.
 */
export const laneWindows = pgTable('lane_windows', {
  laneId: bigint({ mode: 'bigint' }).primaryKey(),
  workspaceId: workspaceId(),
  lastGrantedAt: instant(),
});

/**
 * Admissions: executions that a lane's window has let go together, `count` of them. An admission occupies the window
 * from `grantedAt` until one interval after `answeredAt`, and for as long as it is not answered. Table and columns
 * (`grant_id`, `granted_at`, `last_granted_at`) keep the name of the first release: databases and queries of operators
 * rely on it. Everywhere else a grant is one of OAuth.
 */
export const laneGrants = pgTable(
  'lane_grants',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    laneId: bigint({ mode: 'bigint' }).notNull(),
    count: integer().notNull(),
    executionIds: bigint({ mode: 'bigint' }).array().notNull(),
    grantedAt: instant().notNull(),
    leaseUntil: instant().notNull(),
    answeredAt: instant(),
    /**
     * How many of the lane's places have been answered up to and with this admission, so that a window's use is a
     * difference of two of them. Given under the window's lock by the next admission; null until then.
     */
    answeredTotal: bigint({ mode: 'bigint' }),
    owner: text().notNull(),
    /**
     * Grows when another process takes over an admission whose lease is over; reports of the former holder are then
     * ignored.
     */
    fence: integer().notNull().default(0),
  },
  (table) => [
    index('lane_grants_window').on(table.laneId, table.answeredAt),
    uniqueIndex('lane_grants_answered')
      .on(table.laneId, table.answeredTotal)
      .where(sql`${table.answeredTotal} IS NOT NULL`),
    index('lane_grants_uncounted')
      .on(table.laneId)
      .where(sql`${table.answeredTotal} IS NULL AND ${table.count} > 0`),
  ],
);

/**
 * Portals of which HubSpot refused the last completion for a reason that is the portal's
 * (domain/throttle/suspension.ts): nothing is released there until one call has found out that the reason is gone. At
 * most one row per portal, and none for those that are well.
 */
export const portalSuspensions = pgTable('portal_suspensions', {
  portalId: hubspotId().primaryKey(),
  workspaceId: workspaceId(),
  reason: text({ enum: SUSPENSION_REASONS }).notNull(),
  since: instant().notNull(),
  refusedAt: instant().notNull(),
  /** When the next call may find out; while one is under way, when another process may take it for lost. */
  suspendedUntil: instant().notNull(),
  /** How many calls in a row found out that nothing has changed. */
  refusals: smallint().notNull(),
  /** The token that was refused: another one is tried at once. */
  tokenVersion: integer().notNull(),
  /** The workspace has had a notice of it. */
  told: boolean().notNull().default(false),
});

/** Executions that wait: the small, hot table. A row leaves it when it reaches a terminal state. */
export const executions = pgTable(
  'executions',
  {
    id: id().primaryKey().generatedByDefaultAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    callbackId: text().notNull(),
    laneId: bigint({ mode: 'bigint' }).notNull(),
    /** Place in the lane; releases go in this order. */
    seq: bigint({ mode: 'bigint' }).notNull(),
    receivedAt: instant().notNull(),
    plannedAt: instant().notNull(),
    /** When HubSpot gives up, by the expiry that we answered. */
    expiresAt: instant().notNull(),
    /** The workflow it rides in; null until the starter took it. */
    packId: bigint({ mode: 'bigint' }),
    /** The admission under which it is being sent. */
    grantId: bigint({ mode: 'bigint' }),
    /** Set when it must end out of turn: released by hand, cancelled, or because HubSpot's expiry comes near. */
    endRequested: text({ enum: ENDINGS }),
    /** Why, in words for the user; goes with it into the history. */
    endReason: text(),
    attempts: smallint().notNull().default(0),
    source: text().notNull(),
    objectId: text(),
    /** How many were in the lane with it when it was taken in; null where that is not known. */
    place: integer(),
    /** From 1 to 9, the higher first; null: 5. */
    priority: smallint(),
    /** Until then it has no place in the lane (start_executions.sql); null once it has. */
    startsAt: instant(),
  },
  (table) => [
    uniqueIndex('executions_lane_seq').on(table.laneId, table.seq),
    index('executions_workspace').on(table.workspaceId, table.id),
    index('executions_pack').on(table.packId, table.laneId, table.seq),
    index('executions_end_requested')
      .on(table.laneId)
      .where(sql`end_requested is not null`),
    index('executions_object').on(table.objectId, table.workspaceId, table.id).concurrently(),
    index('executions_starts')
      .on(table.laneId, table.startsAt)
      .where(sql`starts_at is not null and end_requested is null`)
      .concurrently(),
  ],
);

/** Executions that ended, partitioned by day of `finishedAt`. */
export const executionHistory = pgTable(
  'execution_history',
  {
    id: bigint({ mode: 'bigint' }).notNull(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    callbackId: text().notNull(),
    laneId: bigint({ mode: 'bigint' }),
    packId: bigint({ mode: 'bigint' }),
    state: text({ enum: TERMINAL_STATES }).notNull(),
    reason: text(),
    receivedAt: instant().notNull(),
    plannedAt: instant(),
    expiresAt: instant(),
    finishedAt: instant().notNull(),
    attempts: smallint().notNull().default(0),
    source: text(),
    objectId: text(),
    /** The whole body of a rejected call. */
    payload: bytea(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.finishedAt] }),
    index('execution_history_workspace').on(table.workspaceId, table.id),
    index('execution_history_portal').on(table.portalId, table.id),
    // Operators look for these among the many that completed.
    index('execution_history_unhappy')
      .on(table.workspaceId, table.id)
      .where(sql`state <> 'completed'`),
    index('execution_history_object').on(table.objectId, table.workspaceId, table.id).concurrently(),
  ],
);

/**
 * One row per call ever accepted, which makes a repeat harmless. It is removed once HubSpot can no longer repeat the
 * call.
 */
export const executionKeys = pgTable(
  'execution_keys',
  {
    portalId: hubspotId().notNull(),
    callbackId: text().notNull(),
    workspaceId: workspaceId(),
    executionId: bigint({ mode: 'bigint' }).notNull(),
    bodyHash: bytea().notNull(),
    receivedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.portalId, table.callbackId] }),
    index('execution_keys_received').on(table.receivedAt).concurrently(),
  ],
);

/**
 * Workflows that carry executions: one each while Temporal keeps up, up to `maxPerWorkflow` in one when it does not.
 */
export const packs = pgTable(
  'packs',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    portalId: hubspotId().notNull(),
    laneId: bigint({ mode: 'bigint' }).notNull(),
    workflowId: text().notNull(),
    headCallbackId: text().notNull(),
    size: smallint().notNull(),
    /** When its first execution is due, by the plan. */
    dueAt: instant().notNull(),
    /** When its workflow will look next; null: not before a nudge. */
    wakeAt: instant(),
    createdAt: instant().notNull(),
    startedAt: instant(),
    claimedAt: instant(),
    doneAt: instant(),
  },
  (table) => [
    index('packs_open')
      .on(table.laneId, table.dueAt)
      .where(sql`done_at is null`),
    index('packs_to_start')
      .on(table.createdAt)
      .where(sql`started_at is null and done_at is null`)
      .concurrently(),
    index('packs_awake')
      .on(table.wakeAt)
      .where(sql`done_at is null`)
      .concurrently(),
    index('packs_asleep')
      .on(table.dueAt, table.id)
      .where(sql`done_at is null and (wake_at is null or wake_at > due_at)`)
      .concurrently(),
    index('packs_not_done')
      .on(table.id)
      .where(sql`done_at is null`)
      .concurrently(),
    index('packs_done')
      .on(table.doneAt)
      .where(sql`done_at is not null`)
      .concurrently(),
    uniqueIndex('packs_workflow').on(table.workflowId),
  ],
);
