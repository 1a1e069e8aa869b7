import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { FOUND_BY_ANOTHER_KEY } from '../../domain/workspaces/foundRecords.js';
import { NOTICE_STATES } from '../../domain/workspaces/notice.js';
import { bytea, id, instant, workspaceId } from '../columns.js';

/** A tenant of this service. */
export const workspaces = pgTable('workspaces', {
  id: uuid().primaryKey().defaultRandom(),
  name: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
  /** Where notices are sent ; null: nowhere. */
  notifyUrl: text(),
  /** Signs them; sealed. */
  notifySecret: text(),
  /** Under which tombstones are keyed hashes; sealed. Null: nothing was erased yet. */
  tombstoneSecret: text(),
  /** For events of people whom HubSpot has under another key. */
  foundByAnotherKey: text({ enum: FOUND_BY_ANOTHER_KEY }).notNull().default('adopt'),
});

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
    /** The actor that made it: `key:<id>`, `setup` or `cli`. */
    createdBy: text(),
    /** The key that this one replaces. */
    rotatedFrom: uuid(),
  },
  (table) => [
    uniqueIndex('api_keys_key_hash').on(table.keyHash),
    index('api_keys_workspace').on(table.workspaceId, table.createdAt),
  ],
);

/** What a workspace is notified of: kept here until its URL has taken it. */
export const notices = pgTable(
  'notices',
  {
    id: id().primaryKey().generatedAlwaysAsIdentity(),
    workspaceId: workspaceId(),
    /** `portal.connected`, `outbox.failing` …: docs/api.md lists them. */
    kind: text().notNull(),
    portalId: bigint({ mode: 'number' }),
    detail: jsonb().notNull(),
    createdAt: instant().notNull().defaultNow(),
    state: text({ enum: NOTICE_STATES }).notNull().default('pending'),
    /** When its workflow was started. */
    startedAt: instant(),
    deliveredAt: instant(),
    attempts: integer().notNull().default(0),
    lastError: text(),
  },
  (table) => [
    index('notices_workspace').on(table.workspaceId, table.id),
    index('notices_created').on(table.createdAt).concurrently(),
    index('notices_pending')
      .on(table.id)
      .where(sql`state = 'pending'`),
  ],
);

/** Requests that came with an Idempotency-Key, and how they were answered (answeredRequests.ts). */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Of workspace and key: what callers write there may be anything. */
    requestHash: bytea().primaryKey(),
    workspaceId: workspaceId(),
    bodyHash: bytea().notNull(),
    status: smallint().notNull(),
    sealedAnswer: text(),
    plainAnswer: text(),
    answeredAt: instant().notNull().defaultNow(),
  },
  (table) => [
    index('idempotency_keys_answered').on(table.answeredAt),
    index('idempotency_keys_workspace').on(table.workspaceId, table.requestHash).concurrently(),
  ],
);
