import { addCalls } from '../../db/hubspot/callCounts.js';
import type { Queryable } from '../../db/pool.js';
import { isShed } from '../../domain/hubspot/errorShare.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import { portalDay } from '../../domain/hubspot/portalDay.js';
import type { Logger } from '../../platform/logger.js';
import { createFlusher } from './flusher.js';
import type { Outcome } from '../wire/outcomes.js';
import type { PortalWorkspaces } from '../budget/portalWorkspaces.js';

/** Counts a portal's requests and errors by its day, and refuses low priorities before too many requests are errors. */
export interface ErrorShare {
  count(portalId: number, isError: boolean): void;
  /** The outcome of a request that may not be sent; undefined where it may. */
  refusal(portalId: number, priority: Priority): Outcome | undefined;
  /** Stores the counts that are not stored yet. */
  stop(): Promise<void>;
}

interface Dependencies {
  pool: Queryable;
  workspaces: PortalWorkspaces;
  timeZone: (portalId: number) => string;
  /** Such as 0.05; 0: nothing is refused. */
  maxShare: number;
  logger: Logger;
  metrics?: { errorShareRefused(event: { portalId: number; priority: Priority }): void };
  now?: () => number;
  everyMs?: number;
}

interface Day {
  readonly portalId: number;
  readonly day: string;
  /** By the process's clock. A clock that is off books some requests to the wrong day, and costs nothing else. */
  readonly endsAt: number;
  /** Of all processes together, as the database had it last. */
  calls: number;
  errors: number;
  /** Of this process, and not stored yet. */
  newCalls: number;
  newErrors: number;
  /** Requests were refused by counts that other processes may have changed since. */
  stale: boolean;
}

const EVERY_MS = 3000;
/** A request that is refused may be tried again after this: the share may have fallen, or the day may be over. */
const RETRY_MS = 5 * 60_000;
const MAX_PER_STATEMENT = 1000;

export function createErrorShare(deps: Dependencies): ErrorShare {
  const { pool, workspaces, timeZone, maxShare, logger, metrics } = deps;
  const now = deps.now ?? Date.now;
  const days = new Map<number, Day>();
  /** Days that have something to store or to learn. */
  const dirty = new Set<Day>();
  let failing = false;
  const flusher = createFlusher(deps.everyMs ?? EVERY_MS, flush);

  function dayOf(portalId: number): Day {
    const known = days.get(portalId);
    if (known && known.endsAt > now()) return known;
    const { day, leftMs } = portalDay(now(), timeZone(portalId));
    const counts = { calls: 0, errors: 0, newCalls: 0, newErrors: 0, stale: false };
    const fresh = { portalId, day, endsAt: now() + leftMs, ...counts };
    days.set(portalId, fresh);
    return fresh;
  }

  async function flush(): Promise<{ again: boolean }> {
    for (const [portalId, day] of days) if (day.endsAt <= now()) days.delete(portalId);
    const all = [...dirty];
    dirty.clear();
    for (let from = 0; from < all.length; from += MAX_PER_STATEMENT) {
      const batch = all.slice(from, from + MAX_PER_STATEMENT);
      const sent = batch.map((day) => ({ day, calls: day.newCalls, errors: day.newErrors }));
      try {
        await store(sent);
        failing = false;
      } catch (error) {
        for (const day of all.slice(from)) dirty.add(day);
        if (!failing) logger.warn('Counts of requests cannot be stored; trying again', { error });
        failing = true;
        return { again: true };
      }
    }
    return { again: dirty.size > 0 };
  }

  async function store(sent: readonly { day: Day; calls: number; errors: number }[]): Promise<void> {
    await workspaces.learn(sent.map(({ day }) => day.portalId));
    const counts = sent.flatMap(({ day: { portalId, day }, calls, errors }) => {
      const workspaceId = workspaces.known(portalId);
      return workspaceId === undefined ? [] : [{ portalId, day, calls, errors, workspaceId }];
    });
    const totals = new Map(
      (counts.length > 0 ? await addCalls(pool, counts) : []).map((one) => [
        `${one.portalId}/${one.day}`,
        one,
      ]),
    );
    for (const { day, calls, errors } of sent) {
      const total = totals.get(`${day.portalId}/${day.day}`);
      Object.assign(day, { calls: total?.calls ?? 0, errors: total?.errors ?? 0, stale: false });
      day.newCalls -= calls;
      day.newErrors -= errors;
    }
  }

  return {
    count(portalId, isError) {
      const day = dayOf(portalId);
      day.newCalls += 1;
      if (isError) day.newErrors += 1;
      dirty.add(day);
      flusher.soon();
    },
    refusal(portalId, priority) {
      if (maxShare === 0 || priority === 'completion' || priority === 'interactive') return undefined;
      const day = dayOf(portalId);
      const total = { calls: day.calls + day.newCalls, errors: day.errors + day.newErrors };
      if (!isShed(priority, total, maxShare)) return undefined;
      if (!day.stale) {
        day.stale = true;
        dirty.add(day);
        flusher.soon();
      }
      metrics?.errorShareRefused({ portalId, priority });
      return {
        kind: 'throttled',
        policy: 'error_share',
        retryAfterMs: Math.max(1000, Math.min(RETRY_MS, Math.ceil(day.endsAt - now()))),
        message: `${total.errors} of ${total.calls} requests of the portal's day were errors: ${priority} waits`,
      };
    },
    stop: () => flusher.stop(),
  };
}
