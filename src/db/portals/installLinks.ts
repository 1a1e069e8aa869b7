import type pg from 'pg';
import type { Access } from '../../domain/portals/access.js';
import type { Feature } from '../../domain/portals/features.js';
import type { Queryable } from '../pool.js';

/*
 * Installs that are begun and not yet done. A person is sent to a link; each time it is opened, an install begins with
 * a state of its own, which HubSpot sends back once. Links and states are stored as hashes only. Times are the
 * database's.
 */

export interface InstallLinkPlan {
  workspaceId: string;
  tokenHash: Buffer;
  /** The only portal that may be chosen; null: any. */
  expectedPortalId: number | null;
  /** Where the browser goes in the end; null: our own page. */
  returnTo: string | null;
  /** What the install switches on; null: what is on already, or what a new portal begins with. */
  features: readonly Feature[] | null;
  /** What is asked for beside what they need, and beside what the portal has granted of it; null: nothing more. */
  access: readonly Access[] | null;
  actor: string;
  validForMs: number;
}

export interface InstallLink extends Omit<InstallLinkPlan, 'tokenHash' | 'validForMs'> {
  id: string;
  expiresAt: Date;
}

export interface InstallState {
  stateHash: Buffer;
  /** The hash of the secret in the cookie of the browser that began it. */
  browserHash: Buffer;
  link: Omit<InstallLink, 'expiresAt'>;
  codeVerifierSealed: string;
  redirectUri: string;
  scopes: readonly string[];
  optionalScopes: readonly string[];
  validForMs: number;
}

/** What an install was begun with, given back once. */
export interface ConsumedState {
  workspaceId: string;
  linkId: string;
  codeVerifierSealed: string;
  redirectUri: string;
  returnTo: string | null;
  scopes: string[];
  optionalScopes: string[];
  expectedPortalId: number | null;
  features: Feature[] | null;
  access: Access[] | null;
  actor: string;
  /** By the database's clock, to the microsecond. */
  usedAt: string;
}

export async function createInstallLink(
  db: Queryable,
  plan: InstallLinkPlan,
): Promise<{ id: string; expiresAt: Date }> {
  const { rows } = await db.query<{ id: string; expiresAt: Date }>({
    name: 'installs.create_link',
    text: `INSERT INTO install_links (workspace_id, token_hash, expected_portal_id, return_to, features, access, actor,
                                      expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 ms')
           RETURNING id, expires_at AS "expiresAt"`,
    values: valuesOf(plan),
  });
  if (!rows[0]) throw new Error('The link of an install was not stored');
  return rows[0];
}

function valuesOf(plan: InstallLinkPlan): unknown[] {
  const { workspaceId, tokenHash, expectedPortalId, returnTo, features, access, actor, validForMs } = plan;
  return [workspaceId, tokenHash, expectedPortalId, returnTo, features, access, actor, validForMs];
}

/**
 * The link of a claim, whose token was given to the person before. Undefined when the claim was good until a time that
 * is over, or has made its link.
 */
export async function claimInstallLink(
  db: Queryable,
  plan: InstallLinkPlan,
  goodUntil: number,
): Promise<{ id: string; expiresAt: Date } | undefined> {
  const { rows } = await db.query<{ id: string; expiresAt: Date }>({
    name: 'installs.claim_link',
    text: `INSERT INTO install_links (workspace_id, token_hash, expected_portal_id, return_to, features, access, actor,
                                      expires_at)
           SELECT $1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 ms'
            WHERE clock_timestamp() < to_timestamp($9::float8 / 1000)
           ON CONFLICT (token_hash) DO NOTHING
           RETURNING id, expires_at AS "expiresAt"`,
    values: [...valuesOf(plan), goodUntil],
  });
  return rows[0];
}

/**
 * Undefined for a link that is unknown or expired, or by which an install was completed. Needs no workspace: the token
 * is the proof.
 */
export async function openInstallLink(db: Queryable, tokenHash: Buffer): Promise<InstallLink | undefined> {
  const { rows } = await db.query<InstallLink>({
    name: 'installs.open_link',
    text: `SELECT id, workspace_id AS "workspaceId", expected_portal_id::float8 AS "expectedPortalId",
                  return_to AS "returnTo", features, access, actor, expires_at AS "expiresAt"
             FROM open_install_link($1)`,
    values: [tokenHash],
  });
  return rows[0];
}

export async function storeInstallState(db: Queryable, state: InstallState): Promise<void> {
  const { link } = state;
  await db.query({
    name: 'installs.store_state',
    text: `INSERT INTO oauth_states (state_hash, workspace_id, link_id, browser_hash, code_verifier, redirect_uri,
                                     return_to, scopes, optional_scopes, expected_portal_id, actor, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp() + $12 * interval '1 ms')`,
    values: [
      state.stateHash,
      link.workspaceId,
      link.id,
      state.browserHash,
      state.codeVerifierSealed,
      state.redirectUri,
      link.returnTo,
      state.scopes,
      state.optionalScopes,
      link.expectedPortalId,
      link.actor,
      state.validForMs,
    ],
  });
}

/**
 * Uses the state up and gives it back, once: to the browser that began it, in time. Undefined otherwise; the caller
 * cannot learn why. Needs no workspace: the state is the proof.
 */
export async function consumeInstallState(
  db: Queryable,
  stateHash: Buffer,
  browserHash: Buffer,
): Promise<ConsumedState | undefined> {
  const { rows } = await db.query<ConsumedState>({
    name: 'installs.consume',
    text: `SELECT workspace_id AS "workspaceId", link_id AS "linkId", code_verifier AS "codeVerifierSealed",
                  redirect_uri AS "redirectUri", return_to AS "returnTo", scopes, optional_scopes AS "optionalScopes",
                  expected_portal_id::float8 AS "expectedPortalId", features, access, actor,
                  clock_timestamp()::text AS "usedAt"
             FROM consume_install_state($1, $2)`,
    values: [stateHash, browserHash],
  });
  return rows[0];
}

/** From now on no install can begin by this link; those that were begun go on. */
export async function completeInstallLink(client: pg.PoolClient, linkId: string): Promise<void> {
  await client.query({
    name: 'installs.complete_link',
    text: `UPDATE install_links SET completed_at = coalesce(completed_at, clock_timestamp()) WHERE id = $1`,
    values: [linkId],
  });
}
