import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { PORTAL_AUTHS, PORTAL_STATES } from '../domain/portals/portal.js';
import { bytea, id, hubspotId, instant, workspaceId } from './columns.js';

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
  state: text({ enum: PORTAL_STATES }).notNull().default('active'),
  stateReason: text(),
  stateChangedAt: instant().notNull().defaultNow(),
  timeZone: text().notNull().default('UTC'),
  hubDomain: text(),
  /** How it was connected: an OAuth install, or a private app's token that does not expire. */
  auth: text({ enum: PORTAL_AUTHS }).notNull().default('private_app'),
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
