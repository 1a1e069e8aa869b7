import type pg from 'pg';
import type { FoundByAnotherKey } from '../../domain/workspaces/foundRecords.js';
import type { Queryable } from '../pool.js';

/** The workspace of a service with one tenant: the oldest, made when there is none. */
export async function ensureDefaultWorkspace(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ id: string }>('SELECT default_workspace() AS id');
  if (!rows[0]) throw new Error('The default workspace could not be made');
  return rows[0].id;
}

/** The workspace of a service that has one and no more. */
export async function soleWorkspace(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string | null }>({
    name: 'sole_workspace',
    text: 'SELECT sole_workspace() AS id',
  });
  return rows[0]?.id ?? undefined;
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Where notices of its portals are sent; null: nowhere. */
  readonly notifyUrl: string | null;
  /** Whether a secret is stored that signs what is sent there. */
  readonly hasNotifySecret: boolean;
  readonly foundByAnotherKey: FoundByAnotherKey;
}

const COLUMNS = `id, name, created_at AS "createdAt", notify_url AS "notifyUrl",
  notify_secret IS NOT NULL AS "hasNotifySecret", found_by_another_key AS "foundByAnotherKey"`;

export async function findWorkspace(db: Queryable, id: string): Promise<Workspace | undefined> {
  const { rows } = await db.query<Workspace>(`SELECT ${COLUMNS} FROM workspaces WHERE id = $1`, [id]);
  return rows[0];
}

/** What is undefined stays as it is; null takes it away. */
export interface WorkspaceChange {
  readonly name?: string | undefined;
  readonly notifyUrl?: string | null | undefined;
  /** Sealed. */
  readonly notifySecret?: string | null | undefined;
  readonly foundByAnotherKey?: FoundByAnotherKey | undefined;
}

export async function changeWorkspace(
  db: Queryable,
  id: string,
  { name, notifyUrl, notifySecret, foundByAnotherKey }: WorkspaceChange,
): Promise<Workspace | undefined> {
  const { rows } = await db.query<Workspace>(
    `UPDATE workspaces SET name = coalesce($2, name), notify_url = CASE WHEN $3 THEN $4 ELSE notify_url END,
            notify_secret = CASE WHEN $5 THEN $6 ELSE notify_secret END,
            found_by_another_key = coalesce($7, found_by_another_key)
      WHERE id = $1 RETURNING ${COLUMNS}`,
    [
      id,
      name ?? null,
      notifyUrl !== undefined,
      notifyUrl ?? null,
      notifySecret !== undefined,
      notifySecret ?? null,
      foundByAnotherKey ?? null,
    ],
  );
  return rows[0];
}

/** A workspace as the operator of the service sees it. */
export interface WorkspaceSummary {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly portals: number;
  /** Valid keys with the scope admin. */
  readonly adminKeys: number;
}

/** All of them, oldest first. For the role that looks across workspaces. */
export async function listWorkspaces(db: Queryable): Promise<WorkspaceSummary[]> {
  const { rows } = await db.query<WorkspaceSummary>(
    `SELECT w.id, w.name, w.created_at AS "createdAt",
            (SELECT count(*)::int FROM portals p WHERE p.workspace_id = w.id) AS portals,
            (SELECT count(*)::int FROM api_keys k
              WHERE k.workspace_id = w.id AND k.revoked_at IS NULL AND 'admin' = ANY (k.scopes)
                AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) AS "adminKeys"
       FROM workspaces w ORDER BY w.created_at, w.id`,
  );
  return rows;
}

/** Makes a workspace, for which the rest of the transaction then works. For the role that looks across workspaces. */
export async function createWorkspace(client: pg.PoolClient, name: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'INSERT INTO workspaces (name) VALUES ($1) RETURNING id',
    [name],
  );
  if (!rows[0]) throw new Error('The workspace could not be made');
  await client.query(`SELECT set_config('app.workspace', $1, true)`, [rows[0].id]);
  return rows[0].id;
}
