import { types } from 'node:util';
import type pg from 'pg';
import type { Pool } from './pool.js';
import { inWorkspace } from './tenant.js';

/** Under which the tombstones of a workspace are written (migrations/functions/privacy/crm_erased.sql). */
export interface TombstoneKey {
  /** What the database is told of it. */
  readonly setting: string;
  mark(portalId: number, objectType: string, recordId: string): Buffer;
}

/** Each workspace has one from its first erasure on. */
export interface TombstoneKeys {
  /** The one that there is; rejects where there is none. */
  of(workspaceId: string): Promise<TombstoneKey>;
  /** The same, made where there is none. */
  make(workspaceId: string): Promise<TombstoneKey>;
}

const NEEDS_THE_KEY = 'SL001';

/** A type of records of a portal. */
interface Of {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** Of which types the key was wanted, by whose keys they are: it is brought at once from then on. */
const wanted = new WeakMap<object, Set<string>>();
const MOST_WANTED = 10_000;

/**
 * Writes records. Where some of their type were erased the database wants to know under which key, and writes nothing
 * without it: then it is brought, and all of `writeAll` is done once more. That is remembered of the type.
 */
export async function withTombstoneKey<T>(
  keys: Pick<TombstoneKeys, 'of'> | undefined,
  { workspaceId, portalId, objectType }: Of,
  writeAll: (key: TombstoneKey | undefined) => Promise<T>,
): Promise<T> {
  const type = `${workspaceId}/${portalId}/${objectType}`;
  if (keys && wanted.get(keys)?.has(type)) return writeAll(await keys.of(workspaceId));
  try {
    return await writeAll(undefined);
  } catch (error) {
    if (!keys || !needsTheKey(error)) throw error;
    let types = wanted.get(keys);
    if (!types || types.size >= MOST_WANTED) wanted.set(keys, (types = new Set()));
    types.add(type);
    return writeAll(await keys.of(workspaceId));
  }
}

/** A transaction of the workspace, in which what is written of what was erased is dropped. */
export function inWorkspaceWith<T>(
  pool: Pool,
  workspaceId: string,
  key: TombstoneKey | undefined,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inWorkspace(pool, workspaceId, async (client) => {
    if (key) await client.query(`SELECT set_config('app.tombstone_key', $1, true)`, [key.setting]);
    return work(client);
  });
}

/** Not instanceof: errors of Node's own network code are of another realm in some hosts. */
export const needsTheKey = (error: unknown): boolean =>
  types.isNativeError(error) && 'code' in error && error.code === NEEDS_THE_KEY;
