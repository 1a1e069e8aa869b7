import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { PORTAL_AUTHS, PORTAL_STATES } from '../../domain/portals/portal.js';
import { bytea, hubspotId, instant, workspaceId } from '../columns.js';
import { workspaces } from '../workspaces/schema.js';

/** HubSpot accounts in which the app is installed. `accessToken` and `refreshToken` are sealed (secrets/sealing.ts). */
export const portals = pgTable(
  'portals',
  {
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
    /** Grows with each token that is stored: a token that was obtained from an older one never overwrites it. */
    tokenVersion: integer().notNull().default(0),
    /** Grows with each install and each disconnect: work that was begun under an older one is void. */
    epoch: integer().notNull().default(0),
    refreshedAt: instant(),
    /** When its token was last asked for, to the nearest minutes: idle portals are not refreshed. */
    usedAt: instant(),
    refreshFailures: integer().notNull().default(0),
    refreshNotBefore: instant(),
    refreshError: text(),
    /** The app (its client id) that HubSpot granted the token to when it was refreshed last. Null: not known. */
    grantedTo: text(),
    /**
     * The epoch of the last install that workflows/portals/install.ts has followed up; below `epoch`: that is still to
     * be done.
     */
    resumedEpoch: integer().notNull().default(0),
    /** The disconnect is to remove the app at HubSpot, too. */
    uninstallRequested: boolean().notNull().default(false),
    throttleEnabled: boolean().notNull().default(true),
    syncEnabled: boolean().notNull().default(false),
    eventsEnabled: boolean().notNull().default(false),
    /** HubSpot's limit for the account's day and what was used of it, as it was read last (a private app's only). */
    dayLimit: integer(),
    dayUsed: integer(),
    dayEndsAt: instant(),
    dayReadAt: instant(),
    /** When it is to be read next. */
    dayDueAt: instant()
      .notNull()
      .default(sql`now() + interval '5 minutes'`),
    /** When HubSpot said of the token that it is this account's. Null: nobody has proved to hold the account. */
    verifiedAt: instant(),
    installedAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (table) => [
    index('portals_workspace').on(table.workspaceId, table.portalId).concurrently(),
    // Those that are gone are few, and looked for again and again.
    index('portals_disconnected')
      .on(table.stateChangedAt)
      .where(sql`state = 'disconnected'`)
      .concurrently(),
  ],
);

/** What a portal has set for actions of one's own: all its values as one sealed text. */
export const portalSettings = pgTable(
  'portal_settings',
  {
    portalId: hubspotId()
      .primaryKey()
      .references(() => portals.portalId, { onDelete: 'cascade' }),
    workspaceId: workspaceId(),
    sealedValues: text().notNull(),
    /** Grows with each change: who read an older one changes nothing. */
    version: integer().notNull(),
    updatedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [index('portal_settings_workspace').on(table.workspaceId, table.portalId)],
);

/** Links by which somebody without an API key begins an install. Good until one was completed or they expire. */
export const installLinks = pgTable(
  'install_links',
  {
    id: uuid().primaryKey().defaultRandom(),
    workspaceId: workspaceId().references(() => workspaces.id),
    tokenHash: bytea().notNull(),
    /** The only portal that may be chosen; null: any. */
    expectedPortalId: bigint({ mode: 'number' }),
    /** Where the browser goes in the end; null: our own page. */
    returnTo: text(),
    /** What is switched on by the install; null: what is on already, or what a new portal begins with. */
    features: text().array(),
    /** What is asked for beside what the features need; null: what the portal has granted of it. */
    access: text().array(),
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
    /** The only portal that may be chosen; another one is refused as the wrong account. */
    expectedPortalId: bigint({ mode: 'number' }),
    actor: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (table) => [index('oauth_states_link').on(table.linkId)],
);
