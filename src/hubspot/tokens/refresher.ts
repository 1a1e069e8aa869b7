import { setMaxListeners } from 'node:events';
import type { Pool } from '../../db/pool.js';
import { untilAnswered } from '../../db/untilAnswered.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { refreshTokenContext } from '../../secrets/encryptionContext.js';
import type { TokenLocks } from '../../db/tokens/tokenLocks.js';
import type { ReadToken, TokenRow } from '../../db/tokens/tokens.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { OAuthError, type Grant, type OAuth, type OAuthFailure } from '../oauth/oauth.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { KeepGrant } from './keepGrant.js';
import { createRefusals, notNow } from './refreshRefusals.js';
import { refuseUnusable } from './refuseUnusable.js';

/*
 * One refresh for each token that ends, over all processes: lock → read again → call → write, compared with what was
 * read → let go, and only then use. Whoever comes second finds a newer version and uses that.
 */

export interface Refresher {
  /**
   * Resolves when the portal's token has another version than `ifVersion`. Throws an AppError as `Tokens.accessToken`
   * does. `force`: HubSpot refused the token, so how long it still lives says nothing.
   */
  refresh(portal: PortalId, options: { ifVersion: number; force?: boolean }): Promise<void>;
  busy(portalId: number): boolean;
  stop(): Promise<void>;
}

export interface RefreshMetrics {
  refreshed(event: {
    portalId: number;
    result: 'ok' | 'overtaken' | OAuthFailure['class'];
    ms: number;
  }): void;
}

interface Dependencies {
  readonly pool: Pool;
  readonly readToken: ReadToken;
  readonly locks: TokenLocks;
  readonly sealing: Sealing;
  readonly grants: Pick<KeepGrant, 'note' | 'store' | 'storeLeft'>;
  readonly oauth: Pick<OAuth, 'refresh'>;
  readonly logger: Logger;
  readonly metrics?: RefreshMetrics;
  readonly onReauth: (portal: PortalId) => void;
  readonly random?: () => number;
  /** Our app, by its client id. */
  readonly clientId: string | undefined;
}

/**
 * HubSpot refuses a token that is younger than this: its age is not the reason, and another one would be refused alike.
 */
const TOO_YOUNG_MS = 20_000;
/**
 * How long a new token is carried while the database does not take it: with a new refresh token the portal would be
 * lost.
 */
const STORE_FOR_MS = 120_000;

export function createRefresher(deps: Dependencies): Refresher {
  const { grants, locks, sealing, oauth, logger, metrics, random = Math.random } = deps;
  const flights = new Map<number, { ifVersion: number; done: Promise<void> }>();
  const { refused, leftAloneMs } = createRefusals({ ...deps, random, current });
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // as many as portals are refreshed at once

  async function refresh(portal: PortalId, ifVersion: number, force: boolean): Promise<void> {
    const before = await current(portal);
    if (before.version !== ifVersion) return;
    refuseForNow(before, force, leftAloneMs(before));
    if ((await locks.claim(portal.portalId, ifVersion, stopping.signal)) === 'changed') return;
    try {
      // Read again under the lock: the state and the cool-down may be another now.
      const row = await current(portal);
      if (row.version !== ifVersion) return;
      // A grant that followed this token waits on this machine: another would be refused where HubSpot rotates them.
      if (await grants.storeLeft(row)) return;
      refuseForNow(row, force, leftAloneMs(row));
      await exchange(row);
    } finally {
      locks.release(portal.portalId);
    }
  }

  async function current(portal: PortalId): Promise<TokenRow> {
    const row = await deps.readToken(portal);
    if (!row) throw new AppError('not_found', `Portal ${portal.portalId} is not connected`);
    refuseUnusable(row);
    return row;
  }

  async function exchange(row: TokenRow): Promise<void> {
    const { workspaceId, portalId } = row;
    if (!row.refreshTokenSealed)
      throw new AppError('conflict', `Portal ${portalId} has no refresh token. Connect it again.`);
    const refreshToken = await sealing.open(
      row.refreshTokenSealed,
      refreshTokenContext(workspaceId, portalId),
    );
    const startedAt = performance.now();
    const ms = () => performance.now() - startedAt;
    let grant: Grant;
    try {
      grant = await oauth.refresh({ refreshToken, portalId, maySend: () => locks.holds(portalId) });
      if (grant.portalId !== undefined && grant.portalId !== portalId)
        throw new OAuthError({
          class: 'configuration',
          code: 'OTHER_PORTAL',
          message: 'HubSpot answered for another portal',
        });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      metrics?.refreshed({ portalId, result: error.failure.class, ms: ms() });
      return refused(row, error.failure);
    }
    crashPoint('tokens.refresh.granted');
    await grants.note(row, grant);
    crashPoint('tokens.refresh.answered');
    const stored = await store(row, grant, () => grant.expiresInMs - ms());
    crashPoint('tokens.refresh.stored');
    metrics?.refreshed({ portalId, result: stored ? 'ok' : 'overtaken', ms: ms() });
    logger.info(
      stored ? 'A token was refreshed' : 'A token was refreshed, but a newer one is there already',
      {
        portalId,
        version: row.version + 1,
        ms: Math.round(ms()),
      },
    );
  }

  /** Tries for a while; the portal's lock is ours meanwhile. Then what is in the journal is tried on and on. */
  async function store(row: TokenRow, grant: Grant, expiresInMs: () => number): Promise<boolean> {
    const { portalId } = row;
    const giveUpAt = performance.now() + STORE_FOR_MS;
    const statement = () => grants.store(row, grant, expiresInMs);
    return untilAnswered(statement, {
      goOn: () => performance.now() <= giveUpAt,
      onFailure: (error, attempt) =>
        logger.warn('A new token could not be stored yet', { portalId, attempt, error }),
      maxPauseMs: 5000,
      random,
    });
  }

  return {
    async refresh(portal, { ifVersion, force = false }) {
      const { portalId } = portal;
      for (let flight = flights.get(portalId); flight; flight = flights.get(portalId)) {
        await flight.done;
        // A flight that began from our version or a later one ends with a newer one.
        if (flight.ifVersion >= ifVersion) return;
      }
      const done = refresh(portal, ifVersion, force).finally(() => flights.delete(portalId));
      flights.set(portalId, { ifVersion, done });
      await done;
    },
    busy: (portalId) => flights.has(portalId),
    async stop() {
      stopping.abort();
      await Promise.allSettled([...flights.values()].map((flight) => flight.done));
    },
  };
}

function refuseForNow(row: TokenRow, force: boolean, leftAloneMs: number): void {
  if (leftAloneMs > 0) throw notNow(leftAloneMs);
  if (row.coolDownMs !== null && row.coolDownMs > 0) throw notNow(row.coolDownMs);
  if (force && row.ageMs !== null && row.ageMs < TOO_YOUNG_MS)
    throw new AppError(
      'conflict',
      `HubSpot refuses a token of portal ${row.portalId} that it granted ${Math.round(row.ageMs / 1000)} s ago; another one is asked for in ${TOO_YOUNG_MS / 1000} s at the earliest`,
    );
}
