import { bigint, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, instant, workspaceId } from '../columns.js';

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
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.seq, table.keyId] }),
    index('audit_heads_signed').on(table.signedAt).concurrently(),
  ],
);
