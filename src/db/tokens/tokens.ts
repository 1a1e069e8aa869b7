import { createBatcher } from '../../platform/batcher.js';
import { createCache } from '../../platform/cache.js';
import type { Pool } from '../pool.js';
import type { PortalId, PortalState } from '../../domain/portals/portal.js';
import { auditedTransaction } from '../audit/auditedTransaction.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
import { notify } from '../workspaces/notices.js';

/*
 * Statements of a portal's tokens. Every write names the version and the epoch that it was made from: a token that was
 * obtained from an older one never overwrites a newer one. Times are the database's.
 */

export interface TokenRow extends PortalId {
  readonly state: PortalState;
  readonly stateReason: string | null;
  readonly timeZone: string;
  readonly epoch: number;
  readonly version: number;
  readonly accessTokenSealed: string | null;
  readonly refreshTokenSealed: string | null;
  /** Null when the token does not expire. */
  readonly expiresInMs: number | null;
  /** Since the token was granted; null when that is not known. */
  readonly ageMs: number | null;
  readonly refreshFailures: number;
  /** Until the next refresh may be tried, after one that failed. Null or less: now. */
  readonly coolDownMs: number | null;
  readonly refreshError: string | null;
  /** The app that HubSpot granted the token to, by its client id. Null: not known. */
  readonly grantedTo: string | null;
  /** Null: never. */
  readonly usedMsAgo: number | null;
}

/** The token that a write was made from. */
export type TokenId = Pick<TokenRow, 'workspaceId' | 'portalId' | 'version' | 'epoch'>;

/** One per workspace that was active lately; what is pushed out is made again. */
const MAX_READERS = 1000;

const since = (column: string) => `(extract(epoch FROM clock_timestamp() - ${column}) * 1000)::float8`;
const until = (column: string) => `(extract(epoch FROM ${column} - clock_timestamp()) * 1000)::float8`;

/** Reads tokens of one workspace. */
async function readTokens(
  pool: Pool,
  workspaceId: string,
  portalIds: readonly number[],
): Promise<Map<number, TokenRow>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<TokenRow>({
    name: 'tokens.read',
    text: `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", state, state_reason AS "stateReason",
                  time_zone AS "timeZone", epoch, token_version AS version, access_token AS "accessTokenSealed",
                  refresh_token AS "refreshTokenSealed", ${until('token_expires_at')} AS "expiresInMs",
                  ${since('refreshed_at')} AS "ageMs", refresh_failures AS "refreshFailures",
                  ${until('refresh_not_before')} AS "coolDownMs", refresh_error AS "refreshError",
                  granted_to AS "grantedTo", ${since('used_at')} AS "usedMsAgo"
             FROM portals WHERE portal_id = ANY ($1::bigint[])`,
    values: [portalIds],
  });
  return new Map(rows.map((row) => [row.portalId, row]));
}

/** Reads the token of a portal as it is from now on. Undefined when there is no such portal. */
export type ReadToken = (portal: PortalId) => Promise<TokenRow | undefined>;

/**
 * Tokens that are asked for in the same turn of the event loop are read in one statement per workspace: when the tokens
 * of a thousand portals end together, their reads must not wait for a thousand connections.
 */
export function createTokenReader(pool: Pool): ReadToken {
  const readers = createCache<string, (portalId: number) => Promise<TokenRow | undefined>>({
    max: MAX_READERS,
  });
  return ({ workspaceId, portalId }) => {
    let read = readers.get(workspaceId);
    if (!read) {
      read = createBatcher((portalIds) => readTokens(pool, workspaceId, portalIds));
      readers.set(workspaceId, read);
    }
    return read(portalId);
  };
}

export interface RefreshedToken {
  readonly accessTokenSealed: string;
  readonly refreshTokenSealed: string;
  /** Called when the statement is sent, so that the time since HubSpot's answer is taken off. */
  readonly expiresInMs: () => number;
  /** Called with it. */
  readonly grantedMsAgo: () => number;
  readonly scopes: readonly string[] | undefined;
  readonly grantedTo: string;
}

/**
 * The row holds what the token was made from, or an older one: a database that has gone back (a fail-over that lost
 * commits, a restore) takes what was made since. Not in place of what was granted later: after it went back, somebody
 * may have had HubSpot grant another. $8: how long ago ours was.
 */
const HOLDS_NO_NEWER = `p.portal_id = $1 AND p.epoch = $3
                 AND (p.token_version = $2
                      OR p.token_version < $2
                         AND (p.refreshed_at IS NULL
                              OR p.refreshed_at <= clock_timestamp() - $8 * interval '1 ms'))`;

/** The version whose place the token took. */
const REPLACED = `FROM portals was WHERE was.portal_id = p.portal_id AND`;

const valuesOf = (from: TokenId, token: RefreshedToken) => [
  ...[from.portalId, from.version, from.epoch, token.accessTokenSealed, token.refreshTokenSealed],
  ...[token.expiresInMs(), token.scopes ?? null, token.grantedMsAgo(), token.grantedTo],
];

/**
 * Stores the token that a refresh of `from` gave, as the version after it. Resolves with the version whose place it
 * took; undefined: a newer one is there, or the portal has no use for one now.
 */
export async function storeRefreshed(
  pool: Pool,
  from: TokenId,
  token: RefreshedToken,
): Promise<number | undefined> {
  return inWorkspace(pool, from.workspaceId, async (client) => {
    const { rows } = await client.query<{ version: number }>({
      name: 'tokens.store',
      text: `UPDATE portals p
                SET access_token = $4, refresh_token = $5, token_expires_at = clock_timestamp() + $6 * interval '1 ms',
                    token_version = $2 + 1, scopes = coalesce($7, p.scopes), refreshed_at = clock_timestamp(),
                    refresh_failures = 0, refresh_not_before = NULL, refresh_error = NULL, granted_to = $9,
                    updated_at = clock_timestamp()
               ${REPLACED} ${HOLDS_NO_NEWER} AND p.state IN ('active', 'disconnecting')
              RETURNING was.token_version AS version`,
      values: valuesOf(from, token),
    });
    return rows[0]?.version;
  });
}

/**
 * The same for a portal that was taken to need a new authorisation, since what followed `from` had not been stored
 * when HubSpot was asked again. A version: it is active again.
 */
export async function reviveWithToken(
  pool: Pool,
  from: TokenId,
  token: RefreshedToken,
): Promise<number | undefined> {
  const { workspaceId, portalId, version, epoch } = from;
  return auditedTransaction(pool, { workspaceId, actor: 'system' }, async (client, note) => {
    const { rows } = await client.query<{ version: number }>({
      name: 'tokens.revive',
      text: `UPDATE portals p
                SET access_token = $4, refresh_token = $5, token_expires_at = clock_timestamp() + $6 * interval '1 ms',
                    token_version = $2 + 1, scopes = coalesce($7, p.scopes), refreshed_at = clock_timestamp(),
                    refresh_failures = 0, refresh_not_before = NULL, refresh_error = NULL, granted_to = $9,
                    state = 'active',
                    state_reason = NULL, state_changed_at = clock_timestamp(), updated_at = clock_timestamp()
               ${REPLACED} ${HOLDS_NO_NEWER} AND p.state = 'reauth_required'
              RETURNING was.token_version AS version`,
      values: valuesOf(from, token),
    });
    if (!rows[0]) return undefined;
    await notify(client, { workspaceId, portalId, kind: 'portal.connected', detail: { recovered: true } });
    note('portal.recover', { portalId, epoch, tokenVersion: version + 1 });
    return rows[0].version;
  });
}

/** Notes that a refresh of `from` failed, and how long to leave it alone. */
export async function noteRefreshFailure(
  pool: Pool,
  from: TokenId,
  failure: { error: string; /** Null: it is no reason for others to wait. */ coolDownMs: number | null },
): Promise<void> {
  await forWorkspace(pool, from.workspaceId).query({
    name: 'tokens.failed',
    text: `UPDATE portals
              SET refresh_failures = refresh_failures + 1, refresh_error = $4,
                  refresh_not_before = coalesce(clock_timestamp() + $5 * interval '1 ms', refresh_not_before)
            WHERE portal_id = $1 AND token_version = $2 AND epoch = $3`,
    values: [from.portalId, from.version, from.epoch, failure.error, failure.coolDownMs],
  });
}

/** Notes that the portal's token is in use, at most once in `everyMs`. True when it was noted. */
export async function noteUse(
  pool: Pool,
  { workspaceId, portalId }: PortalId,
  everyMs: number,
): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query({
    name: 'tokens.used',
    text: `UPDATE portals SET used_at = clock_timestamp()
            WHERE portal_id = $1 AND (used_at IS NULL OR used_at < clock_timestamp() - $2 * interval '1 ms')`,
    values: [portalId, everyMs],
  });
  return rowCount === 1;
}
