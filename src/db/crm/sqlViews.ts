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
  /** Somebody keeps it open: it is made anew by itself when they have ended. */
  readonly waitingSince: Date | null;
}

interface ViewOf {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

const COLUMNS = `v.portal_id::float8 AS "portalId", v.object_type AS "objectType", v.name, v.columns, v.left_out AS "leftOut", v.made_at AS "madeAt",
  v.remake_since AS "waitingSince"`;

/**
 * Makes it of the properties that HubSpot defines today; anew where it is there. One that somebody keeps open stays as
 * it is, and is noted: the worker makes it anew when they have ended.
 */
export async function makeSqlView(client: Queryable, of: ViewOf): Promise<SqlView> {
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
  await client.query('SAVEPOINT make_view');
  try {
    await client.query('SELECT FROM crm_make_view($1, $2, $3)', key);
  } catch (cause) {
    await client.query('ROLLBACK TO SAVEPOINT make_view');
    // Who makes it at this moment has its row.
    if (!isHeld(cause) || !(await noteRemake(client, key))) throw inWords(cause);
  }
  const { rows } = await client.query<SqlView>(
    `SELECT ${COLUMNS} FROM crm_sql_views v WHERE v.workspace_id = $1 AND v.portal_id = $2 AND v.object_type = $3`,
    key,
  );
  if (!rows[0]) throw new Error('The view was not made');
  return rows[0];
}

async function noteRemake(client: Queryable, key: readonly unknown[]): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE crm_sql_views v
        SET remake_since = coalesce(v.remake_since, statement_timestamp()),
            -- Later where it was put off to: it is tried more seldom the longer it is kept open (crm_views_to_make.sql).
            remake_at = greatest(v.remake_at, statement_timestamp() + interval '15 seconds')
      WHERE (v.workspace_id, v.portal_id, v.object_type) IN (
              SELECT o.workspace_id, o.portal_id, o.object_type FROM crm_sql_views o
               WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.object_type = $3 FOR UPDATE SKIP LOCKED)`,
    [...key],
  );
  return rowCount === 1;
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

async function orderly<T>(made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (cause) {
    throw inWords(cause);
  }
}

const codeOf = (error: unknown) => (types.isNativeError(error) && 'code' in error ? error.code : undefined);
const isHeld = (error: unknown) => codeOf(error) === '55P03';

/** What others do with a view may stand in the way: they are told of so that it is clear what to do. */
function inWords(cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === '2BP01')
    return new AppError(
      'conflict',
      'Other views, rules or functions of the database were made of this view, and would go with it: drop them first (pg_depend names them), and make them anew after it',
      { cause },
    );
  if (code === '42P07' || code === '23505')
    return new AppError('conflict', 'Somebody else makes a view of this name now: ask again', { cause });
  if (code === '55P03')
    return new AppError('conflict', 'Somebody reads this view, or makes it: ask again when they have ended', {
      cause,
    });
  return cause;
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
export async function sqlViewsToDrop(pool: Pool, most: number): Promise<ViewOf[]> {
  const { rows } = await pool.query<ViewOf>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType" FROM crm_views_to_drop($1)`,
    [most],
  );
  return rows;
}

/**
 * Views that somebody kept open when they were to be made anew; whichever is taken is put off. For the worker: across
 * all workspaces.
 */
export async function sqlViewsToMake(pool: Pool, most: number): Promise<ViewOf[]> {
  const { rows } = await pool.query<ViewOf>(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType" FROM crm_views_to_make($1)`,
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
