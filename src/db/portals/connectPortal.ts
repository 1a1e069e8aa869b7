import type pg from 'pg';
import type { PortalState } from '../../domain/portals/portal.js';
import { AppError } from '../../platform/errors.js';
import { lockPortal } from './portalStates.js';

/** A HubSpot account in which the app is installed, without its secrets. */
export interface Portal {
  portalId: number;
  workspaceId: string;
  name: string | null;
  state: PortalState;
  stateReason: string | null;
  timeZone: string;
  tokenExpiresAt: Date | null;
  installedAt: Date;
  updatedAt: Date;
}

export interface PortalConnection {
  workspaceId: string;
  portalId: number;
  name?: string | null | undefined;
  timeZone?: string | undefined;
  /** Sealed for its place (hubspot/sealing.ts). Null: the token comes from the environment. */
  accessTokenSealed: string | null;
  /** Null: the token does not expire. */
  tokenExpiresAt?: Date | null | undefined;
}

const COLUMNS = `portal_id::float8 AS "portalId", workspace_id AS "workspaceId", name, state, state_reason AS "stateReason",
  time_zone AS "timeZone", token_expires_at AS "tokenExpiresAt", installed_at AS "installedAt", updated_at AS "updatedAt"`;

/**
 * Stores a portal with a token that does not come from an install, or a new token of one that is stored, within a transaction of the
 * workspace. A portal stays with the workspace that holds it: to any other it is refused, in words that do not tell whether it is known here.
 */
export async function connectPortal(
  client: pg.PoolClient,
  portal: PortalConnection,
): Promise<Portal & { created: boolean; epoch: number }> {
  const holder = await lockPortal(client, portal.portalId);
  if (holder && holder.workspaceId !== portal.workspaceId) {
    throw new AppError(
      'conflict',
      'This portal cannot be connected here. Disconnect it where it is in use, or ask support.',
    );
  }
  if (holder?.state === 'disconnecting')
    throw new AppError('conflict', 'This portal is just being disconnected. Try again in a few minutes.');
  const { rows } = await client.query<Portal & { created: boolean; epoch: number }>({
    name: 'portals.connect',
    text: `INSERT INTO portals AS p (portal_id, workspace_id, name, time_zone, access_token, token_expires_at, token_version, epoch)
           VALUES ($1, $2, $3, coalesce($4, 'UTC'), $5, $6, 1, 1)
           ON CONFLICT (portal_id) DO UPDATE
              SET name = coalesce($3, p.name), time_zone = coalesce($4, p.time_zone), auth = 'private_app', scopes = '{}',
                  access_token = $5, refresh_token = NULL, token_expires_at = $6, token_version = p.token_version + 1,
                  epoch = p.epoch + 1, refreshed_at = NULL, refresh_failures = 0, refresh_error = NULL, refresh_not_before = NULL,
                  state = 'active', state_reason = NULL, state_changed_at = clock_timestamp(), uninstall_requested = false,
                  updated_at = clock_timestamp()
           RETURNING ${COLUMNS}, epoch, xmax = 0 AS created`,
    values: [
      portal.portalId,
      portal.workspaceId,
      portal.name ?? null,
      portal.timeZone ?? null,
      portal.accessTokenSealed,
      portal.tokenExpiresAt ?? null,
    ],
  });
  const stored = rows[0];
  if (!stored) throw new Error('The portal was not stored');
  return stored;
}
