import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, workspaceId } from '../columns.js';
import { workspaces } from '../workspaces/schema.js';

/**
 * Keys that seal the secrets of one workspace, each wrapped by a key of ENCRYPTION_KEYS (secrets/sealing.ts). The
 * newest that is not retired seals; all of them open.
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
