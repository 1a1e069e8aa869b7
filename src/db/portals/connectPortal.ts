import type pg from 'pg';
import { FEATURES, type Feature } from '../../domain/portals/features.js';
import type { PortalId, PortalState } from '../../domain/portals/portal.js';
import type { Note } from '../audit/auditedTransaction.js';
import { notify } from '../workspaces/notices.js';
import { lockPortal } from './lockPortal.js';

/*
 * How a portal comes to a workspace, by either way in. It stays with the workspace that has proved to hold it, also
 * when that needs a new authorisation: to any other it is refused. Who proves it by an install gets it from a workspace
 * that has not, or that has disconnected it (takeOverPortal.ts).
 */

/** What HubSpot granted in an OAuth install. */
export interface PortalInstall extends PortalId {
  readonly auth: 'oauth';
  /** Null: it was brought from an earlier service. */
  readonly linkId: string | null;
  readonly hubDomain: string | null;
  readonly scopes: readonly string[];
  /** What is switched on by it; null: what is on already, or what a new portal begins with. */
  readonly features: readonly Feature[] | null;
  /** Both tokens are sealed with their encryption contexts (secrets/encryptionContext.ts). */
  readonly accessTokenSealed: string;
  readonly refreshTokenSealed: string;
  readonly expiresInMs: number;
  /** The app that HubSpot granted it to, by its client id; undefined: not known. */
  readonly grantedTo?: string | undefined;
}

/** A private app's token. What is undefined stays as it is. */
export interface PortalToken extends PortalId {
  readonly auth: 'private_app';
  readonly name?: string | undefined;
  readonly timeZone?: string | undefined;
  /** Null: the token comes from the environment. */
  readonly accessTokenSealed: string | null;
  /** Undefined: it does not expire. */
  readonly expiresInMs?: number | undefined;
  /** HubSpot has said that it is this account's. */
  readonly verified: boolean;
}

export type PortalConnection = PortalInstall | PortalToken;

export interface ConnectedPortal extends PortalId {
  readonly name: string | null;
  readonly state: PortalState;
  readonly stateReason: string | null;
  readonly timeZone: string;
  readonly tokenExpiresAt: Date | null;
  readonly installedAt: Date;
  readonly updatedAt: Date;
  readonly epoch: number;
  /** False: it was connected before. */
  readonly created: boolean;
  readonly switchedOn: readonly Feature[];
}

/**
 * `held`: by another workspace. `disconnecting`: the disconnect that is under way would take the new grant back.
 * `full`: the workspace has as many as it may have.
 */
export type ConnectResult =
  | { readonly kind: 'connected'; readonly portal: ConnectedPortal }
  | { readonly kind: 'held' }
  | { readonly kind: 'disconnecting' }
  | { readonly kind: 'full' };

/** What the API says of `full`. */
export const PORTALS_FULL =
  'This workspace has as many portals as it may have (PORTALS_PER_WORKSPACE). Disconnect one that is not needed, or ask support.';

export interface ConnectLimits {
  /** How many portals a workspace may have that are not disconnected. */
  readonly maxPortals: number;
}

/**
 * Stores a portal with its new token, notifies its workspace and notes it for the audit, all in the caller's
 * transaction.
 */
export async function connectPortal(
  client: pg.PoolClient,
  note: Note,
  connection: PortalConnection,
  limits: ConnectLimits,
): Promise<ConnectResult> {
  const result = await storePortal(client, connection, limits);
  if (result.kind !== 'connected') return result;
  const { workspaceId, portalId } = connection;
  const { epoch, created } = result.portal;
  const { linkId, scopes } = connection.auth === 'oauth' ? connection : { linkId: null, scopes: null };
  await notify(client, { workspaceId, portalId, kind: 'portal.connected', detail: { linkId, scopes } });
  if (connection.auth === 'oauth') note('portal.install', { portalId, linkId, epoch, scopes });
  else note(created ? 'portal.connect' : 'portal.reconnect', { portalId });
  return result;
}

/**
 * Stores a portal with its new token in a transaction of the workspace, and does nothing else. Of two that come at once
 * the second overwrites the first, with a higher version and epoch: work that was begun after the first one is void.
 */
export async function storePortal(
  client: pg.PoolClient,
  connection: PortalConnection,
  limits: ConnectLimits,
): Promise<ConnectResult> {
  const refused = await whyNotStored(client, connection, limits);
  if (refused) return { kind: refused };
  const { rows } = await client.query<Row>({
    name: 'portals.connect',
    text: UPSERT,
    values: valuesOf(connection),
  });
  if (!rows[0]) throw new Error('The portal was not stored');
  const { throttle, sync, events, ...portal } = rows[0];
  const enabled = { throttle, sync, events };
  return { kind: 'connected', portal: { ...portal, switchedOn: FEATURES.filter((one) => enabled[one]) } };
}

/**
 * Why a portal cannot be stored; undefined: it can. It holds until the end of the transaction: who looks before asking
 * HubSpot for a grant, which may end the one before it, may still be refused when it is stored.
 */
export async function whyNotStored(
  client: pg.PoolClient,
  { workspaceId, portalId }: PortalId,
  { maxPortals }: ConnectLimits,
): Promise<Exclude<ConnectResult['kind'], 'connected'> | undefined> {
  const holder = await lockPortal(client, portalId);
  if (holder && holder.workspaceId !== workspaceId) return 'held';
  if (holder?.state === 'disconnecting') return 'disconnecting';
  const isNew = !holder || holder.state === 'disconnected';
  return isNew && (await countPortals(client, workspaceId)) >= maxPortals ? 'full' : undefined;
}

/** Locks the workspace, so that two portals that come at once do not both get the last place. */
async function countPortals(client: pg.PoolClient, workspaceId: string): Promise<number> {
  await client.query('SELECT FROM workspaces WHERE id = $1 FOR NO KEY UPDATE', [workspaceId]);
  const { rows } = await client.query<{ count: number }>({
    name: 'portals.count',
    text: `SELECT count(*)::int AS count FROM portals WHERE workspace_id = $1 AND state <> 'disconnected'`,
    values: [workspaceId],
  });
  return rows[0]?.count ?? 0;
}

type Row = Omit<ConnectedPortal, 'switchedOn'> & Record<Feature, boolean>;

/**
 * An install is new each time; a private app's token may be replaced, which changes neither `installed_at` nor
 * `used_at`.
 */
const UPSERT = `
  INSERT INTO portals AS p (portal_id, workspace_id, auth, name, time_zone, hub_domain, scopes, access_token,
                            refresh_token, token_expires_at, token_version, epoch, refreshed_at, used_at,
                            throttle_enabled, sync_enabled, verified_at, events_enabled, granted_to)
  VALUES ($1, $2, $3, $4, coalesce($5, 'UTC'), $6, $7, $8, $9, clock_timestamp() + $10 * interval '1 ms', 1, 1,
          CASE WHEN $3 = 'oauth' THEN clock_timestamp() END, CASE WHEN $3 = 'oauth' THEN clock_timestamp() END,
          coalesce($11, true), coalesce($12, false), CASE WHEN $13 THEN clock_timestamp() END,
          coalesce($14, false), $15)
  ON CONFLICT (portal_id) DO UPDATE
     SET auth = $3, name = coalesce($4, p.name), time_zone = coalesce($5, p.time_zone),
         hub_domain = coalesce($6, p.hub_domain), scopes = $7, access_token = $8, refresh_token = $9,
         token_expires_at = excluded.token_expires_at, token_version = p.token_version + 1, epoch = p.epoch + 1,
         refreshed_at = excluded.refreshed_at, used_at = coalesce(excluded.used_at, p.used_at), refresh_failures = 0,
         refresh_error = NULL, refresh_not_before = NULL, granted_to = $15,
         throttle_enabled = coalesce($11, p.throttle_enabled), sync_enabled = coalesce($12, p.sync_enabled),
         events_enabled = coalesce($14, p.events_enabled), state = 'active', state_reason = NULL,
         state_changed_at = clock_timestamp(), uninstall_requested = false, verified_at = excluded.verified_at,
         installed_at = CASE WHEN $3 = 'oauth' THEN clock_timestamp() ELSE p.installed_at END,
         updated_at = clock_timestamp()
  RETURNING portal_id::float8 AS "portalId", workspace_id AS "workspaceId", name, state, state_reason AS "stateReason",
            time_zone AS "timeZone", token_expires_at AS "tokenExpiresAt", installed_at AS "installedAt",
            updated_at AS "updatedAt", epoch, xmax = 0 AS created, throttle_enabled AS throttle, sync_enabled AS sync,
            events_enabled AS events`;

/** What only one of the two ways in brings. */
const NOT_GIVEN = {
  name: null,
  timeZone: null,
  hubDomain: null,
  scopes: [],
  refreshTokenSealed: null,
  expiresInMs: null,
  features: null,
  verified: false,
  grantedTo: null,
};

function valuesOf(connection: PortalConnection): unknown[] {
  const portal = { ...NOT_GIVEN, ...connection };
  return [
    portal.portalId,
    portal.workspaceId,
    portal.auth,
    portal.name,
    portal.timeZone,
    portal.hubDomain,
    portal.scopes,
    portal.accessTokenSealed,
    portal.refreshTokenSealed,
    portal.expiresInMs,
    portal.features?.includes('throttle'),
    portal.features?.includes('sync'),
    portal.auth === 'oauth' || portal.verified, // HubSpot names the account of a grant itself
    portal.features?.includes('events'),
    portal.grantedTo ?? null,
  ];
}
