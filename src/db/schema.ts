import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/*
 * Every tenant table carries `workspace_id`, so that row-level security can be forced on it, and is used by the
 * role `sluice_app`, which owns nothing. Times are the database's (law 7). Ids are bigints that grow with time, so one
 * keyset orders waiting and finished executions alike.
 */

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const id = () => bigint({ mode: 'bigint' });
const hubspotId = () => bigint({ mode: 'number' });
const instant = () => timestamp({ withTimezone: true, mode: 'date' });
const workspaceId = () => uuid().notNull();

/** A tenant of this service. */
export const workspaces = pgTable('workspaces', {
  id: uuid().primaryKey().defaultRandom(),
  name: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
  /** Where notices are sent (reauth_required …); null: nowhere. */
  notifyUrl: text(),
  /** Signs them; sealed. */
  notifySecret: text(),
});

/**
 * Keys that seal the secrets of one workspace, each wrapped by a key of ENCRYPTION_KEYS (hubspot/sealing.ts). The newest that is not
 * retired seals; all of them open.
 */
export const dataKeys = pgTable(
  'data_keys',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId().references(() => workspaces.id),
    /** The key-encryption key that wraps it. */
    kekId: text().notNull(),
    wrappedKey: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    retiredAt: instant(),
  },
  (table) => [index('data_keys_workspace').on(table.workspaceId, table.createdAt)],
);

/** API keys, stored as SHA-256; the key itself is shown once. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId().references(() => workspaces.id),
    name: text().notNull(),
    /** The first characters of the key, enough to recognise it in a list. */
    prefix: text().notNull(),
    keyHash: bytea().notNull(),
    scopes: text().array().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant(),
    revokedAt: instant(),
    lastUsedAt: instant(),
    /** Who made it: `key:<id>`, `setup` or `cli`. */
    createdBy: text(),
    /** The key that this one replaces. */
    rotatedFrom: uuid(),
  },
  (table) => [
    uniqueIndex('api_keys_key_hash').on(table.keyHash),
    index('api_keys_workspace').on(table.workspaceId, table.createdAt),
  ],
);

/** HubSpot accounts in which the app is installed. `accessToken` and `refreshToken` are sealed (hubspot/sealing.ts). */
export const portals = pgTable('portals', {
  portalId: hubspotId().primaryKey(),
  workspaceId: workspaceId().references(() => workspaces.id),
  name: text(),
  state: text({ enum: ['active', 'reauth_required', 'disconnecting', 'disconnected'] })
    .notNull()
    .default('active'),
  stateReason: text(),
  stateChangedAt: instant().notNull().defaultNow(),
  timeZone: text().notNull().default('UTC'),
  hubDomain: text(),
  /** How it was connected: an OAuth install, or a private app's token that does not expire. */
  auth: text({ enum: ['oauth', 'private_app'] })
    .notNull()
    .default('private_app'),
  /** Scopes that HubSpot granted. */
  scopes: text()
    .array()
    .notNull()
    .default(sql`'{}'::text[]`),
  accessToken: text(),
  refreshToken: text(),
  /** Null: the token does not expire (a private app's). */
  tokenExpiresAt: instant(),
  /** Grows with each token that is stored: what was obtained from an older one never overwrites it. */
  tokenVersion: integer().notNull().default(0),
  /** Grows with each install and each disconnect: work that was begun under an older one is void. */
  epoch: integer().notNull().default(0),
  refreshedAt: instant(),
  /** When its token was last asked for, to the nearest minutes: idle portals are not refreshed. */
  usedAt: instant(),
  refreshFailures: integer().notNull().default(0),
  refreshNotBefore: instant(),
  refreshError: text(),
  /** The epoch of the install whose after-work is done (workflows/install.ts): below `epoch`, it is still to be done. */
  resumedEpoch: integer().notNull().default(0),
  /** Whoever disconnects it also wants the app removed at HubSpot. */
  uninstallRequested: boolean().notNull().default(false),
  throttleEnabled: boolean().notNull().default(true),
  syncEnabled: boolean().notNull().default(false),
  installedAt: instant().notNull().defaultNow(),
  updatedAt: instant().notNull().defaultNow(),
});

/** Links by which somebody without an API key begins an install. Good until one was completed or they expire. */
export const installLinks = pgTable(
  'install_links',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId().references(() => workspaces.id),
    tokenHash: bytea().notNull(),
    /** The portal that is meant; null: any. */
    expectedPortalId: bigint({ mode: 'number' }),
    /** Where the browser goes in the end; null: our own page. */
    returnTo: text(),
    /** What is switched on by the install; null: what is on already, or what a new portal begins with. */
    features: text().array(),
    actor: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    completedAt: instant(),
  },
  (table) => [
    uniqueIndex('install_links_token_hash').on(table.tokenHash),
    index('install_links_expires').on(table.expiresAt),
  ],
);

/** An install that was begun: `state` of OAuth, stored as its hash, bound to the browser that began it, used once. */
export const oauthStates = pgTable(
  'oauth_states',
  {
    stateHash: bytea().primaryKey(),
    workspaceId: workspaceId().references(() => workspaces.id),
    linkId: uuid()
      .notNull()
      .references(() => installLinks.id, { onDelete: 'cascade' }),
    browserHash: bytea().notNull(),
    /** PKCE; sealed. */
    codeVerifier: text().notNull(),
    redirectUri: text().notNull(),
    /** Where the browser goes in the end; null: our own page. */
    returnTo: text(),
    /** What was asked for: without these the install is refused. */
    scopes: text().array().notNull(),
    optionalScopes: text().array().notNull(),
    /** The portal that is meant; another one is refused as the wrong account. */
    expectedPortalId: bigint({ mode: 'number' }),
    actor: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (table) => [index('oauth_states_link').on(table.linkId)],
);

/** What was done, by whom, to what; each entry carries the hash of the one before it. Only ever inserted into. */
export const auditEntries = pgTable(
  'audit_entries',
  {
    workspaceId: workspaceId(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    at: instant().notNull(),
    /** `key:<id>`, `cli`, `hubspot` or `system`. */
    actor: text().notNull(),
    operation: text().notNull(),
    portalId: bigint({ mode: 'number' }),
    /** Ids and settings; no personal data, no secrets. */
    subject: jsonb().notNull(),
    result: text().notNull(),
    previousHash: bytea().notNull(),
    hash: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.seq] })],
);

/** The end of each workspace's audit chain. */
export const auditChains = pgTable('audit_chains', {
  workspaceId: workspaceId().primaryKey(),
  seq: bigint({ mode: 'bigint' }).notNull(),
  hash: bytea().notNull(),
});

/** Ends of chains, signed from time to time: what a cut or a rewritten chain cannot agree with. */
export const auditHeads = pgTable(
  'audit_heads',
  {
    workspaceId: workspaceId(),
    seq: bigint({ mode: 'bigint' }).notNull(),
    hash: bytea().notNull(),
    /** For people; not signed. */
    signedAt: instant().notNull(),
    /** The key of ENCRYPTION_KEYS from which the signing key is derived. */
    keyId: text().notNull(),
    signature: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.seq, table.keyId] })],
);

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
    /** Slots of the ring that were taken when it was sent. */
    budgetUsed: smallint(),
    correlationId: text(),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.at] }),
    index('request_log_portal').on(table.portalId, table.id),
  ],
);

/** Requests to HubSpot and errors among them, by the portal's day: HubSpot wants less than 5 % of a day's to be errors. */
export const callCounts = pgTable(
  'call_counts',
  {
    portalId: hubspotId().notNull(),
    day: date().notNull(),
    workspaceId: workspaceId(),
    calls: integer().notNull().default(0),
    errors: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.day] })],
);

/** What a workspace is told: kept here until its URL has taken it. */
export const notices = pgTable(
  'notices',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    /** `portal.reauth_required`, `portal.reconnected`, `portal.disconnected` … */
    kind: text().notNull(),
    portalId: bigint({ mode: 'number' }),
    detail: jsonb().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** `kept`: the workspace has no URL. `failed`: its URL did not take it for days. Both stay, and can be sent again. */
    state: text({ enum: ['pending', 'delivered', 'failed', 'kept'] })
      .notNull()
      .default('pending'),
    /** When its workflow was started. */
    startedAt: instant(),
    deliveredAt: instant(),
    attempts: integer().notNull().default(0),
    lastError: text(),
  },
  (table) => [
    index('notices_workspace').on(table.workspaceId, table.id),
    index('notices_pending')
      .on(table.id)
      .where(sql`state = 'pending'`),
  ],
);

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
  (table) => [primaryKey({ columns: [table.portalId, table.actionId] })],
);

/** Queues in which executions wait under one rate. `rateLimit`/`rateIntervalMs` are what is in force, whatever set it. */
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
    /** The action whose configured rate applies. */
    actionId: text(),
    nextSeq: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    rateLimit: integer().notNull(),
    rateIntervalMs: bigint({ mode: 'number' }).notNull(),
    rateSource: text({ enum: ['lane', 'config', 'input', 'default'] }).notNull(),
    overrideLimit: integer(),
    overrideIntervalMs: bigint({ mode: 'number' }),
    inputLimit: integer(),
    inputIntervalMs: bigint({ mode: 'number' }),
    /** The step whose input fields rule this lane: another step's inputs never flap it. */
    inputStep: text(),
    /** Why an input rate was not taken, in words for the user. */
    rateNote: text(),
    spread: boolean().notNull().default(false),
    /** What happens to an execution whose planned wait exceeds what HubSpot can hold. */
    beyondBlock: text({ enum: ['refuse', 'hold'] })
      .notNull()
      .default('refuse'),
    maxPerWorkflow: smallint(),
    pausedAt: instant(),
    pauseReason: text(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (table) => [uniqueIndex('lanes_portal_key').on(table.portalId, table.key)],
);

/** The row that serialises the releases of one lane. Apart from `lanes`, so that intake and release never meet. */
export const laneWindows = pgTable('lane_windows', {
  laneId: bigint({ mode: 'bigint' }).primaryKey(),
  workspaceId: workspaceId(),
  lastGrantedAt: instant(),
});

/**
 * What has been let through a lane's window: `count` executions in one grant. It occupies the window from `grantedAt`
 * until one interval after `answeredAt`; while unanswered, for as long as it is open.
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
    owner: text().notNull(),
    /** Grows when another process takes an expired grant over; what the former holder reports is then ignored. */
    fence: integer().notNull().default(0),
  },
  (table) => [index('lane_grants_window').on(table.laneId, table.answeredAt)],
);

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
    /** The grant under which it is being sent. */
    grantId: bigint({ mode: 'bigint' }),
    /** Set when it must end out of turn: forced release, cancellation, or HubSpot's expiry coming near. */
    endRequested: text({ enum: ['released', 'cancelled', 'expired'] }),
    /** Why, in words for the user; goes with it into the history. */
    endReason: text(),
    attempts: smallint().notNull().default(0),
    source: text().notNull(),
    objectId: text(),
  },
  (table) => [
    uniqueIndex('executions_lane_seq').on(table.laneId, table.seq),
    index('executions_pack').on(table.packId, table.laneId, table.seq),
    index('executions_end_requested')
      .on(table.laneId)
      .where(sql`end_requested is not null`),
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
    state: text({
      enum: ['completed', 'refused', 'expired', 'cancelled', 'failed', 'gone', 'rejected'],
    }).notNull(),
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
    index('execution_history_portal').on(table.portalId, table.id),
    // What an operator looks for among the many that completed.
    index('execution_history_unhappy')
      .on(table.workspaceId, table.id)
      .where(sql`state <> 'completed'`),
  ],
);

/** One row per call ever accepted: what makes a repeat harmless. Trimmed after what HubSpot can still repeat. */
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
  (table) => [primaryKey({ columns: [table.portalId, table.callbackId] })],
);

/** Workflows that carry executions: one each while Temporal keeps up, up to `maxPerWorkflow` in one when it does not. */
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
    index('packs_unstarted')
      .on(table.createdAt)
      .where(sql`started_at is null`),
    uniqueIndex('packs_workflow').on(table.workflowId),
  ],
);

/** HubSpot's limits for a portal, kept as slots that free themselves one interval after the answer. */
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
    /** Of the request that uses or last used it. */
    priority: text(),
    /** When it was last taken: what the pace of all but completions is read from. */
    leasedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.ring, table.n] })],
);

/**
 * What holds for a ring as a whole: HubSpot told us to leave it alone (429), and whose turn it is. The row of `portal` holds for all rings
 * of the portal: its move to another data centre (477), and the circuit breaker.
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
    /** Fair shares: what each of interactive, outbox, sync and backfill has had, divided by its weight; then whose turn it was last. */
    passes: doublePrecision().array(),
    /** Until when each of them counts as waiting, in whichever process. */
    wanted: instant().array(),
    /** The circuit breaker (`portal` only): how often it opened in a row; 0: closed. Open until `blockedUntil`, half-open from then on. */
    breakerOpens: smallint().notNull().default(0),
    /** What HubSpot's headers said that others use of the same limit, and when. */
    othersUsed: integer(),
    othersSeenAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.portalId, table.ring] })],
);
