import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** A key as its workspace sees it; the key itself is not stored. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  /** Its first characters, enough to recognise it. */
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly state: 'active' | 'revoked' | 'expired';
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly rotatedFrom: string | null;
  readonly rotatedTo: string | null;
}

const VIEW = `
  SELECT k.id, k.name, k.prefix, k.scopes, k.created_at AS "createdAt", k.created_by AS "createdBy",
         k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", k.last_used_at AS "lastUsedAt",
         k.rotated_from AS "rotatedFrom",
         (SELECT s.id FROM api_keys s WHERE s.rotated_from = k.id ORDER BY s.created_at DESC LIMIT 1) AS "rotatedTo",
         CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
              WHEN k.expires_at <= clock_timestamp() THEN 'expired' ELSE 'active' END AS state
    FROM api_keys k WHERE k.workspace_id = $1`;

/** One page, newest first. `after` is the id of the last key of the page before. */
export async function listApiKeys(
  pool: Pool,
  workspaceId: string,
  page: { after?: string | undefined; limit: number },
): Promise<ApiKeyView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<ApiKeyView>(
    `${VIEW}
        AND ($2::uuid IS NULL
             OR (k.created_at, k.id) < (SELECT a.created_at, a.id FROM api_keys a WHERE a.id = $2))
      ORDER BY k.created_at DESC, k.id DESC LIMIT $3`,
    [workspaceId, page.after ?? null, page.limit],
  );
  return rows;
}

export async function findApiKeyById(
  db: Queryable,
  workspaceId: string,
  id: string,
): Promise<ApiKeyView | undefined> {
  const { rows } = await db.query<ApiKeyView>(`${VIEW} AND k.id = $2`, [workspaceId, id]);
  return rows[0];
}

/**
 * Keeps a key as it is until the end of the transaction. To be called before it is read: what was read together with a
 * lock may be older.
 */
export async function lockApiKey(db: Queryable, id: string): Promise<void> {
  await db.query('SELECT 1 FROM api_keys WHERE id = $1 FOR NO KEY UPDATE', [id]);
}

/** Ends a key, at once or after a while; a key that ends before then keeps its own end. */
export async function endApiKey(db: Queryable, id: string, graceMs: number): Promise<void> {
  await db.query(
    graceMs === 0
      ? 'UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1'
      : `UPDATE api_keys SET expires_at = least(expires_at, clock_timestamp() + $2 * interval '1 millisecond')
           WHERE id = $1`,
    graceMs === 0 ? [id] : [id, graceMs],
  );
}

/**
 * Whether the workspace has another key with which it can be administered from here on: valid, and not one that was
 * replaced and is about to end. Holds all such keys until the end of the transaction, so that two revocations at once
 * cannot each count on the other's key.
 */
export async function hasOtherAdminKey(db: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT k.id FROM api_keys k
      WHERE k.workspace_id = $1 AND 'admin' = ANY (k.scopes) AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        AND NOT EXISTS (SELECT FROM api_keys s WHERE s.rotated_from = k.id)
      ORDER BY k.id FOR NO KEY UPDATE`,
    [workspaceId],
  );
  return rows.some((row) => row.id !== id);
}
