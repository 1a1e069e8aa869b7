import { types } from 'node:util';
import pg from 'pg';
import { AppError } from '../../platform/errors.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import { inTransaction } from '../transaction.js';

/** A view of the live records of a type, for people who ask in SQL. */
export interface SqlView {
  readonly portalId: number;
  readonly objectType: string;
  /** In the schema `mirror`. */
  readonly name: string;
  readonly columns: number;
  /** Properties for which there was no place. */
  readonly leftOut: number;
  readonly madeAt: Date;
}

const COLUMNS = `v.portal_id::float8 AS "portalId", v.object_type AS "objectType", v.name, v.columns, v.left_out AS "leftOut", v.made_at AS "madeAt"`;

/** Makes it of the properties that HubSpot defines today; anew where it is there. */
export async function makeSqlView(
  client: Queryable,
  of: { readonly workspaceId: string; readonly portalId: number; readonly objectType: string },
): Promise<SqlView> {
  const key = [of.workspaceId, of.portalId, of.objectType];
  const mirrored = await client.query(
    'SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND ended_at IS NULL',
    key,
  );
  if (mirrored.rowCount === 0)
    throw new AppError(
      'conflict',
      `Portal ${of.portalId} was disconnected: its ${of.objectType} are not read any more`,
    );
  await orderly(client.query('SELECT FROM crm_make_view($1, $2, $3)', key));
  const { rows } = await client.query<SqlView>(
    `SELECT ${COLUMNS} FROM crm_sql_views v WHERE v.workspace_id = $1 AND v.portal_id = $2 AND v.object_type = $3`,
    key,
  );
  if (!rows[0]) throw new Error('The view was not made');
  return rows[0];
}

/** Of all types where none is named. Returns how many there were. */
export async function dropSqlViews(
  client: Queryable,
  { workspaceId, portalId, objectType }: { workspaceId: string; portalId: number; objectType?: string },
): Promise<number> {
  const { rows } = await orderly(
    client.query<{ dropped: number }>('SELECT crm_drop_views($1, $2, $3) AS dropped', [
      ...[workspaceId, portalId, objectType ?? null],
    ]),
  );
  return rows[0]?.dropped ?? 0;
}

/** What others do with a view may stand in the way: they are told of so that it is clear what to do. */
async function orderly<T>(made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (cause) {
    const code = types.isNativeError(cause) && 'code' in cause ? cause.code : undefined;
    if (code === '2BP01')
      throw new AppError(
        'conflict',
        'Other views, rules or functions of the database were made of this view, and would go with it: drop them first (pg_depend names them), and make them anew after it',
        { cause },
      );
    if (code === '42P07' || code === '23505')
      throw new AppError('conflict', 'Somebody else makes a view of this name now: ask again', { cause });
    if (code === '55P03')
      throw new AppError(
        'unavailable',
        'Somebody reads this view, or makes it: ask again when they have ended',
        {
          cause,
        },
      );
    throw cause;
  }
}

export async function listSqlViews(
  pool: Pool,
  workspaceId: string,
  page: { readonly after?: { portalId: number; objectType: string } | undefined; readonly limit: number },
): Promise<SqlView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<SqlView>(
    `SELECT ${COLUMNS} FROM crm_sql_views v
      WHERE v.workspace_id = $1 AND ($2::bigint IS NULL OR (v.portal_id, v.object_type) > ($2, $3::text))
      ORDER BY v.portal_id, v.object_type LIMIT $4`,
    [workspaceId, page.after?.portalId ?? null, page.after?.objectType ?? '', page.limit],
  );
  return rows;
}

/** Of types that are mirrored no more; whichever is taken is put off. For the worker: across all workspaces. */
export async function sqlViewsToDrop(
  pool: Pool,
  most: number,
): Promise<{ readonly workspaceId: string; readonly portalId: number; readonly objectType: string }[]> {
  const { rows } = await pool.query<{ workspaceId: string; portalId: number; objectType: string }>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType" FROM crm_views_to_drop($1)`,
    [most],
  );
  return rows;
}

/** A login, or a role of logins, and the workspace whose views it sees. */
export interface SqlLogin {
  readonly login: string;
  readonly workspaceId: string;
}

/** Lets a login read the views of a workspace, of those that there are and those that are made later. As the owner. */
export async function bindSqlLogin(pool: Pool, { login, workspaceId }: SqlLogin): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      `SELECT rolsuper OR rolbypassrls OR EXISTS (
                SELECT FROM unnest('{sluice_app,sluice_system,sluice_maintenance}'::text[]) r WHERE pg_has_role(rolname, r, 'MEMBER')) AS may
         FROM pg_roles WHERE rolname = $1`,
      [login],
    );
    if (!rows[0])
      throw new AppError(
        'not_found',
        `There is no login ${login} at this server: CREATE ROLE it first, or look at its spelling`,
      );
    if (rows[0].may)
      throw new AppError(
        'conflict',
        `${login} may do more than read views: it is a login of the service, or bypasses row-level security. Make one for this alone`,
      );
    await acrossTenants(client, async () => {
      const known = await client.query('SELECT FROM workspaces WHERE id = $1', [workspaceId]);
      if (known.rowCount === 0) throw new AppError('not_found', `There is no workspace ${workspaceId}`);
      await client.query(
        'INSERT INTO crm_sql_logins (workspace_id, login) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [workspaceId, login],
      );
    });
    await client.query(`GRANT sluice_analyst TO ${pg.escapeIdentifier(login)}`);
  });
}

/** Takes it from all workspaces. Returns whether it was bound. As the owner. */
export async function unbindSqlLogin(pool: Pool, login: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const removed = await acrossTenants(client, () =>
      client.query('DELETE FROM crm_sql_logins WHERE login = $1', [login]),
    );
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
    if (rows.length > 0) await client.query(`REVOKE sluice_analyst FROM ${pg.escapeIdentifier(login)}`);
    return (removed.rowCount ?? 0) > 0;
  });
}

export async function sqlLogins(pool: Pool): Promise<SqlLogin[]> {
  return inTransaction(pool, (client) =>
    acrossTenants(client, async () => {
      const { rows } = await client.query<SqlLogin>(
        'SELECT login, workspace_id AS "workspaceId" FROM crm_sql_logins ORDER BY login, workspace_id',
      );
      return rows;
    }),
  );
}

/** The owner of the tables sees no row of them without a workspace: row-level security is forced. */
async function acrossTenants<T>(client: Queryable, work: () => Promise<T>): Promise<T> {
  await client.query('SET LOCAL ROLE sluice_system');
  const result = await work();
  await client.query('RESET ROLE');
  return result;
}
