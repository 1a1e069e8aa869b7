import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** A data key as it is stored: of no use without the key of ENCRYPTION_KEYS that wraps it. */
export interface WrappedKey {
  readonly id: string;
  readonly workspaceId: string;
  readonly kekId: string;
  readonly wrappedKey: string;
}

/** The data keys of workspaces, wrapped. */
export interface DataKeys {
  /** The one that seals: the newest that is not retired. */
  current(workspaceId: string): Promise<WrappedKey | undefined>;
  find(workspaceId: string, id: string): Promise<WrappedKey | undefined>;
  add(key: WrappedKey): Promise<WrappedKey>;
}

const COLUMNS = 'id, workspace_id AS "workspaceId", kek_id AS "kekId", wrapped_key AS "wrappedKey"';

export function createDataKeys(pool: Pool): DataKeys {
  return {
    async current(workspaceId) {
      const { rows } = await forWorkspace(pool, workspaceId).query<WrappedKey>({
        name: 'data_keys.current',
        text: `SELECT ${COLUMNS} FROM data_keys WHERE workspace_id = $1 AND retired_at IS NULL
                ORDER BY created_at DESC, id LIMIT 1`,
        values: [workspaceId],
      });
      return rows[0];
    },

    async find(workspaceId, id) {
      const { rows } = await forWorkspace(pool, workspaceId).query<WrappedKey>({
        name: 'data_keys.find',
        text: `SELECT ${COLUMNS} FROM data_keys WHERE workspace_id = $1 AND id = $2`,
        values: [workspaceId, id],
      });
      return rows[0];
    },

    async add(key) {
      await forWorkspace(pool, key.workspaceId).query(
        'INSERT INTO data_keys (id, workspace_id, kek_id, wrapped_key) VALUES ($1, $2, $3, $4)',
        [key.id, key.workspaceId, key.kekId, key.wrappedKey],
      );
      return key;
    },
  };
}

/** A key of ENCRYPTION_KEYS, and how much depends on it. */
export interface KeyUse {
  readonly keyId: string;
  /** Data keys that it wraps. */
  readonly dataKeys: number;
  /** Values of the form v1, which it sealed itself. */
  readonly values: number;
}

/** Which keys of ENCRYPTION_KEYS the database needs, over all workspaces. */
export async function keysInUse(db: Queryable): Promise<KeyUse[]> {
  const { rows } = await db.query<KeyUse>({
    name: 'data_keys.in_use',
    text: 'SELECT key_id AS "keyId", data_keys AS "dataKeys", sealed_values AS "values" FROM encryption_keys_in_use()',
  });
  return rows;
}
