import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import { createLockSession, type SessionLimits } from './lockSession.js';

/*
 * Which process may refresh a portal's token: the one that holds an advisory lock of a session, for as long as its call
 * to HubSpot is out. All locks of a process are held by one connection of their own (docs/decisions/0008): locks on
 * rows would take a connection for each portal, and locks that expire would let a second refresh begin while the first
 * is still out.
 */

export interface TokenLocks {
  /**
   * Waits until this process holds the portal's lock, or until its token has another version than `version`. Rejects
   * when the database is away or `signal` is aborted.
   */
  claim(portalId: number, version: number, signal?: AbortSignal): Promise<'claimed' | 'changed'>;
  /** Whether the lock is surely still held by this process. */
  holds(portalId: number): boolean;
  release(portalId: number): void;
  stop(): Promise<void>;
}

interface LockRequest {
  readonly portalId: number;
  readonly version: number;
  /** Monotonic. */
  dueAt: number;
  tries: number;
  settle(result: 'claimed' | 'changed' | Error): void;
}

interface Limits extends SessionLimits {
  /** After so long without an answer the session may have ended, although nothing has said so yet. */
  readonly sureMs: number;
}

const LIMITS: Limits = {
  heartbeatMs: 15_000,
  /** Longer than the longest refresh, so that a process which is held up for a moment keeps its locks. */
  sessionTimeoutMs: 90_000,
  sureMs: 60_000,
};
const FIRST_PAUSE_MS = 40;
const MAX_PAUSE_MS = 500;
const MAX_AT_ONCE = 500;

export function createTokenLocks(
  config: Pick<Config, 'DATABASE_URL'>,
  logger: Logger,
  limits: Limits = LIMITS,
): TokenLocks {
  const requests = new Set<LockRequest>();
  const held = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let trying = false;
  let stopped = false;

  const session = createLockSession(config, logger, limits, {
    needed: () => held.size > 0 || requests.size > 0,
    /** A holder finds out by `holds`; what it stores is compared with what is there. */
    lost(error) {
      if (error && held.size > 0)
        logger.warn('The connection that holds the locks of token refreshes was lost', {
          held: held.size,
          error,
        });
      held.clear();
    },
  });

  function schedule(): void {
    clearTimeout(timer);
    if (requests.size === 0 || trying || stopped) return;
    const nextAt = Math.min(...[...requests].map(({ dueAt }) => dueAt));
    timer = setTimeout(() => void tryDue(), Math.max(0, nextAt - performance.now()));
  }

  /** Tries the locks of all requests that are due, in one statement. */
  async function tryDue(): Promise<void> {
    trying = true;
    const now = performance.now();
    const due = [...requests].filter(({ dueAt }) => dueAt <= now).slice(0, MAX_AT_ONCE);
    try {
      const open = session.open();
      const rows = await session.ask<{ portal_id: string; result: 'claimed' | 'changed' | 'busy' }>(
        open,
        'SELECT portal_id, result FROM claim_token_refreshes($1::bigint[], $2::int[])',
        [due.map(({ portalId }) => portalId), due.map(({ version }) => version)],
      );
      const results = new Map(rows.map((row) => [Number(row.portal_id), row.result]));
      for (const request of due) {
        const result = results.get(request.portalId) ?? 'busy';
        if (result === 'busy') postpone(request);
        // A lock that was lost in this moment is tried again.
        else if (result === 'changed' || session.current() === open) settle(request, result);
      }
    } catch (cause) {
      const message = 'The database cannot be asked who refreshes the token';
      const error = new AppError('unavailable', message, { cause });
      for (const request of due) if (requests.delete(request)) request.settle(error);
    } finally {
      trying = false;
      schedule();
    }
  }

  function settle(request: LockRequest, result: 'claimed' | 'changed'): void {
    const { portalId } = request;
    if (result === 'claimed') held.add(portalId);
    if (requests.delete(request)) request.settle(result);
    else if (result === 'claimed') release(portalId); // nobody waits for it any more
  }

  function release(portalId: number): void {
    const open = session.current();
    if (!held.delete(portalId) || !open) return;
    session
      .ask(open, `SELECT pg_advisory_unlock(${ADVISORY_LOCKS.token('$1')})`, [portalId])
      .catch((error: unknown) =>
        logger.warn('A lock of a token could not be released; it goes with its connection', {
          portalId,
          error,
        }),
      );
  }

  return {
    claim(portalId, version, signal) {
      return new Promise((resolve, reject) => {
        if (stopped || signal?.aborted) return reject(new AppError('unavailable', 'The process is stopping'));
        const giveUp = () => {
          if (requests.delete(request))
            reject(new AppError('unavailable', 'Another process is refreshing the token'));
        };
        const request: LockRequest = {
          portalId,
          version,
          dueAt: 0,
          tries: 0,
          settle(result) {
            signal?.removeEventListener('abort', giveUp);
            if (result instanceof Error) reject(result);
            else resolve(result);
          },
        };
        signal?.addEventListener('abort', giveUp, { once: true });
        requests.add(request);
        schedule();
      });
    },
    holds: (portalId) => held.has(portalId) && session.silentMs() < limits.sureMs,
    release,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (const request of [...requests]) {
        requests.delete(request);
        request.settle(new AppError('unavailable', 'The process is stopping'));
      }
      await session.close();
    },
  };
}

/** Doubling pauses, so that a lock that is held for long is not asked for too often. */
function postpone(request: LockRequest): void {
  request.tries += 1;
  const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, request.tries - 1));
  request.dueAt = performance.now() + pauseMs * (0.5 + Math.random() / 2);
}
