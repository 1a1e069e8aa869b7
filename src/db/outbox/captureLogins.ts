import pg from 'pg';
import { AppError } from '../../platform/errors.js';
import { inTransaction } from '../transaction.js';
import type { Pool, Queryable } from '../pool.js';

/** A login, or a role of logins, that captures events, and for which portals: none named means every one. */
export interface CaptureLogin {
  readonly login: string;
  readonly portals: readonly number[] | 'every';
}

const EVERY_PORTAL = 0; // as in migrations/outbox/inbox.sql

/** Binds a login to these portals and no others, and makes it a member of the role that may capture. */
export async function bindCaptureLogin(pool: Pool, { login, portals }: CaptureLogin): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
    if (rows.length === 0)
      throw new AppError(
        'not_found',
        `There is no login ${login} at this server: CREATE ROLE it first, or look at its spelling`,
      );
    await client.query('DELETE FROM outbox_capture_portals WHERE role = $1', [login]);
    await client.query(
      'INSERT INTO outbox_capture_portals (role, portal_id) SELECT $1, unnest($2::bigint[])',
      [login, portals === 'every' ? [EVERY_PORTAL] : portals],
    );
    await client.query(`GRANT sluice_capture TO ${pg.escapeIdentifier(login)}`);
    await noteReader(client, login);
  });
}

/** Whose rows it reads in `outbox_events`; in an inbox apart from our database there is no such view. */
async function noteReader(client: Queryable, login: string): Promise<void> {
  const { rows } = await client.query<{ here: boolean }>(`SELECT to_regclass('portals') IS NOT NULL AS here`);
  if (!rows[0]?.here) return;
  await client.query(
    `UPDATE outbox_capture_portals b SET reader_workspace = p.workspace_id
       FROM portals p WHERE p.portal_id = b.portal_id AND p.state <> 'disconnected' AND b.role = $1`,
    [login],
  );
}

/** Returns whether it was bound. */
export async function unbindCaptureLogin(pool: Pool, login: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query('DELETE FROM outbox_capture_portals WHERE role = $1', [login]);
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
    if (rows.length > 0) await client.query(`REVOKE sluice_capture FROM ${pg.escapeIdentifier(login)}`);
    return (rowCount ?? 0) > 0;
  });
}

export async function captureLogins(pool: Pool): Promise<CaptureLogin[]> {
  const { rows } = await pool.query<{ login: string; portals: number[] }>(
    `SELECT role AS login, array_agg(portal_id::float8 ORDER BY portal_id) AS portals FROM outbox_capture_portals GROUP BY role ORDER BY role`,
  );
  return rows.map(({ login, portals }) => ({
    login,
    portals: portals.includes(EVERY_PORTAL) ? 'every' : portals,
  }));
}
