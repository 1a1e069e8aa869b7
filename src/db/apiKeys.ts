import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '../secret.js';
import type { Queryable } from './pool.js';

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

const FORM = /^slc_[a-z]{2,12}_[\w-]{43}$/;
const ENVIRONMENTS = { development: 'dev', test: 'test', production: 'live' } as const;

/** `slc_<env>_<32 random bytes>`: the prefix lets secret scanners find a key that leaked, and people see where it belongs. */
export function newApiKey(environment: keyof typeof ENVIRONMENTS): Secret {
  return new Secret(`slc_${ENVIRONMENTS[environment]}_${randomBytes(32).toString('base64url')}`);
}

export function isApiKey(text: string): boolean {
  return FORM.test(text);
}

/** A key has 256 random bits: a plain hash is as good as a slow one, and costs nothing per request. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Stores a key by its hash. A key that is already stored stays as it is. */
export async function storeApiKey(
  db: Queryable,
  key: { workspaceId: string; name: string; key: Secret; scopes: readonly Scope[] },
): Promise<void> {
  const text = key.key.reveal();
  const prefix = text.slice(0, -39); // `slc_dev_` and four characters
  await db.query(
    `INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (key_hash) DO NOTHING`,
    [key.workspaceId, key.name, prefix, hashApiKey(text), key.scopes],
  );
}

export async function findApiKey(db: Queryable, hash: Buffer): Promise<ApiKey | undefined> {
  const { rows } = await db.query<ApiKey & { keyHash: Buffer }>({
    name: 'find_api_key',
    text: `SELECT id, workspace_id AS "workspaceId", scopes, expires_at AS "expiresAt", key_hash AS "keyHash" FROM api_keys
            WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
    values: [hash],
  });
  const [row] = rows;
  if (!row || !timingSafeEqual(row.keyHash, hash)) return undefined;
  const { keyHash: _, ...key } = row;
  return key;
}

/** Notes that a key is in use, at most once a minute, whatever number of processes serve it. */
export async function touchApiKey(db: Queryable, id: string): Promise<void> {
  await db.query(
    `UPDATE api_keys SET last_used_at = clock_timestamp()
      WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`,
    [id],
  );
}
