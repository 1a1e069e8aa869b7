import { heartbeat } from '@temporalio/activity';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { createTokenReader } from '../../db/tokens/tokens.js';
import { refreshDueInMs } from '../../domain/tokens/refreshDue.js';
import { AppError } from '../../platform/errors.js';
import type { Tokens } from '../../hubspot/tokens/tokens.js';

/** The state of a portal's token. */
export type TokenLook =
  | { readonly state: 'over'; readonly why: 'unknown' | 'disconnected' | 'no_expiry' }
  | { readonly state: 'reauth_required'; readonly reason: string }
  | {
      readonly state: 'active';
      readonly workspaceId: string;
      readonly version: number;
      /** Until it is to be refreshed, or may be after a failure; 0: now. */
      readonly dueInMs: number;
      readonly inUse: boolean;
      /** What the last refresh failed with; null: it did not. */
      readonly failing: string | null;
    };

interface Dependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly tokens: Pick<Tokens, 'renew'>;
  readonly config: Pick<Config, 'TOKEN_REFRESH_BEFORE_MS'>;
}

export type TokenActivities = ReturnType<typeof createTokenActivities>;

/** After so long without a use of its token a portal is idle. Uses are noted every five minutes. */
const IDLE_AFTER_MS = 15 * 60_000;
const HEARTBEAT_MS = 5000;
const RETRY_MS = 5000;

export function createTokenActivities({ pool, portalResolver, tokens, config }: Dependencies) {
  const readToken = createTokenReader(pool);
  return {
    /** Reads the state of the token: ids, times and states only. The token itself does not leave the process. */
    async lookAtToken({ portalId }: { portalId: number }): Promise<TokenLook> {
      portalResolver.forget(portalId);
      const entry = await portalResolver.find(portalId);
      const row = entry && (await readToken({ workspaceId: entry.workspaceId, portalId }));
      if (!row) return { state: 'over', why: 'unknown' };
      if (row.state === 'reauth_required') return { state: 'reauth_required', reason: row.stateReason ?? '' };
      if (row.state !== 'active') return { state: 'over', why: 'disconnected' };
      if (row.expiresInMs === null || row.refreshTokenSealed === null)
        return { state: 'over', why: 'no_expiry' };
      const { expiresInMs, ageMs } = row;
      const dueInMs = refreshDueInMs({ expiresInMs, ageMs }, config.TOKEN_REFRESH_BEFORE_MS);
      return {
        state: 'active',
        workspaceId: row.workspaceId,
        version: row.version,
        dueInMs: Math.ceil(Math.max(dueInMs, row.coolDownMs ?? 0)),
        inUse: row.usedMsAgo !== null && row.usedMsAgo < IDLE_AFTER_MS,
        failing: row.refreshFailures > 0 ? (row.refreshError ?? 'unknown') : null,
      };
    },

    /** Refreshes the token unless a newer one is there. `retryInMs`: it did not work; null: it did. */
    async refreshToken({
      portalId,
      version,
    }: {
      portalId: number;
      version: number;
    }): Promise<{ retryInMs: number | null }> {
      const heartbeats = setInterval(() => heartbeat(), HEARTBEAT_MS);
      try {
        await tokens.renew(portalId, { ifVersion: version });
        return { retryInMs: null };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        // A failure that waiting does not mend is in the portal's state, which is read next.
        return { retryInMs: error.details.retryAfterMs ?? RETRY_MS };
      } finally {
        clearInterval(heartbeats);
      }
    },
  };
}
