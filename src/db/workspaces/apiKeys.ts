import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '../../platform/secret.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** What a key may do; `admin` may do all. Which route needs which: docs/api.md. */
export const SCOPES = [
  'throttle:read',
  'throttle:write',
  'portals:read',
  'portals:write',
  'crm',
  'outbox',
  'audit:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  readonly id: string;
  readonly workspaceId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date | null;
}

/** The channel on which the database says that a key was changed; the payload is its id. */
export const API_KEYS_CHANNEL = 'sluice_api_keys';

const ENVIRONMENTS = { development: 'dev', test: 'test', production: 'live' } as const;
export type KeyEnvironment = keyof typeof ENVIRONMENTS;

/**
 * `slc_<env>_<32 random bytes>`: the prefix lets secret scanners find a key that leaked, and people see where it
 * belongs.
 */
export function newApiKey(environment: KeyEnvironment): Secret {
  return new Secret(`slc_${ENVIRONMENTS[environment]}_${randomBytes(32).toString('base64url')}`);
}

/** A key has 256 random bits: a plain hash is as good as a slow one, and costs nothing per request. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

export interface NewApiKey {
  readonly workspaceId: string;
  readonly name: string;
  readonly key: Secret;
  readonly scopes: readonly string[];
  readonly expiresAt?: Date | null | undefined;
  /** The actor that makes it, as the audit chain names actors. */
  readonly createdBy: string;
  /** The key that it replaces. */
  readonly rotatedFrom?: string | undefined;
}

/**
 * Stores a key by its hash, in a transaction of its workspace. Returns its id; undefined when it is stored already, and
 * stays as it is.
 */
export async function storeApiKey(db: Queryable, key: NewApiKey): Promise<string | undefined> {
  const text = key.key.reveal();
  const prefix = text.slice(0, -39); // `slc_dev_` and four characters
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes, expires_at, created_by, rotated_from)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (key_hash) DO NOTHING RETURNING id`,
    [
      key.workspaceId,
      key.name,
      prefix,
      hashApiKey(text),
      key.scopes,
      key.expiresAt ?? null,
      key.createdBy,
      key.rotatedFrom ?? null,
    ],
  );
  return rows[0]?.id;
}

/** A key by its hash, in whatever state it is. */
export interface FoundApiKey extends ApiKey {
  readonly state: 'active' | 'revoked' | 'expired';
}

export async function findApiKey(pool: Queryable, hash: Buffer): Promise<FoundApiKey | undefined> {
  const { rows } = await pool.query<ApiKey & { keyHash: Buffer; revoked: boolean; expired: boolean }>({
    name: 'find_api_key',
    text: `SELECT id, workspace_id AS "workspaceId", scopes, expires_at AS "expiresAt", revoked, expired,
                  key_hash AS "keyHash"
             FROM find_api_key($1)`,
    values: [hash],
  });
  const [row] = rows;
  if (!row || !timingSafeEqual(row.keyHash, hash)) return undefined;
  const { keyHash: _, revoked, expired, ...key } = row;
  return { ...key, state: revoked ? 'revoked' : expired ? 'expired' : 'active' };
}

/** Notes that a key is in use, at most once a minute over all processes. */
export async function touchApiKey(pool: Pool, { id, workspaceId }: ApiKey): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE api_keys SET last_used_at = clock_timestamp()
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`,
    [id],
  );
}
